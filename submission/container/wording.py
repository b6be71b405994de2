"""Turns errors of an engine and its SDK into the kit's errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docker.errors import APIError, DockerException, ImageNotFound
from urllib3.exceptions import HTTPError

from submission.container.client_config import ClientConfig, Damage, client_proxies
from submission.container.order import BuildOrder, CommandOrder
from submission.errors import StageError

TROUBLE = (DockerException, HTTPError, OSError)
"""What the SDK raises when the engine refuses or disconnects."""


_REFUSED = re.compile(r"unauthori|authenti|denied|toomanyrequests|credential", re.IGNORECASE)
"""Messages of registries that deny access."""

_NO_PROXY = {"no_proxy", "NO_PROXY"}


@contextmanager
def worded(what: str, order: CommandOrder | None = None) -> Iterator[None]:
    """The SDK's errors inside the block become StageErrors; a missing image is named."""
    try:
        yield
    except ImageNotFound as error:
        if order is None:
            raise
        raise StageError(
            f"the image {order.image} does not exist",
            detail=" ".join(str(error.explanation).split()),
            hint="`make image` builds it",
        ) from error
    except APIError as error:
        raise StageError(
            what,
            detail=" ".join(str(error.explanation or error).split()),
            hint="the engine refused; see its log (`journalctl -u docker`, `-u podman`)",
        ) from error
    except TROUBLE as error:
        raise StageError(
            what,
            detail=" ".join(f"{type(error).__name__}: {error}".split()),
            hint="check that the engine runs (`docker version`), then run the same command again",
        ) from error


def followed(stream: Iterator[Any]) -> Iterator[Any]:
    """``stream`` with its own errors worded; errors of its consumer pass unchanged."""
    while True:
        try:
            with worded("the connection to the container engine was lost"):
                each = next(stream)
        except StopIteration:
            return
        yield each


@contextmanager
def blaming(config: ClientConfig, order: BuildOrder, damage: Damage | None) -> Iterator[None]:
    """Name the file and key if a build fails because of a setting of Docker's client."""
    try:
        yield
    except StageError as error:
        if damage and order.base and _REFUSED.search(error.detail):
            raise StageError(
                f"the image {order.base.reference} could not be fetched without credentials",
                detail=f"{damage}; the engine: {error.detail}",
                hint=f"correct {damage.key or 'the file'} in {config.path}, or fetch the image "
                "by hand (`docker pull`)",
            ) from error
        key, used = client_proxies(config)
        hosts = {used[name] for name in used.keys() - order.build_args.keys() - _NO_PROXY}
        if any("proxy" in error.detail.lower() or _bare(each) in error.detail for each in hosts):
            raise StageError(
                error.what,
                detail=error.detail,
                hint=f"the build used the proxies of {config.path}: {key}; correct them there, "
                "or set http_proxy and https_proxy for the kit",
            ) from error
        raise


def _bare(proxy: str) -> str:
    """Host and port of a proxy's address, as error messages show them."""
    return proxy.rpartition("//")[2].rpartition("@")[2].strip("/")
