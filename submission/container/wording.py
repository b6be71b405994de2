"""What an engine and its SDK say when something fails, as the kit's errors."""

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
"""What the SDK raises when the engine refuses or goes away."""


_REFUSED = re.compile(r"unauthori|authenti|denied|toomanyrequests|credential", re.IGNORECASE)
"""What registries say to those that they do not let in."""

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
            hint="the engine refused; its own log says more (`journalctl -u docker`, `-u podman`)",
        ) from error
    except TROUBLE as error:
        raise StageError(
            what,
            detail=" ".join(f"{type(error).__name__}: {error}".split()),
            hint="see that the engine runs (`docker version`), then give the same command again",
        ) from error


def followed(stream: Iterator[Any]) -> Iterator[Any]:
    """``stream``, with its own errors worded; those of whoever consumes it pass untouched."""
    while True:
        try:
            with worded("the container engine went away in the middle"):
                each = next(stream)
        except StopIteration:
            return
        yield each


@contextmanager
def blaming(config: ClientConfig, order: BuildOrder, damage: Damage | None) -> Iterator[None]:
    """A build that fails by a setting of Docker's client says which: file and key."""
    try:
        yield
    except StageError as error:
        if damage and _REFUSED.search(error.detail):
            raise StageError(
                f"the image {order.base_image} could not be fetched without credentials",
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
    """Host and port of a proxy's address, as a program that cannot reach it names them."""
    return proxy.rpartition("//")[2].rpartition("@")[2].strip("/")
