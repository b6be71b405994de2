"""The engine that speaks to Docker through its SDK.

``build`` does not use BuildKit, which the SDK lacks. One order is one container: created,
followed line by line, and always removed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any

from docker import APIClient
from docker.auth import INDEX_NAME
from docker.errors import APIError, ImageNotFound, NotFound
from docker.types import LogConfig
from docker.types import Mount as DockerMount

from submission.container.build_log import BuildLog
from submission.container.client_config import ClientConfig, Damage, client_proxies, credentials
from submission.container.connection import EngineClient
from submission.container.context_tar import context_tar
from submission.container.engine import OnLine
from submission.container.interrupts import stopping_on_sigterm, undisturbed
from submission.container.lines import LineCutter, Tail
from submission.container.order import (
    BaseImage,
    BuildOrder,
    CommandOrder,
    CommandOutcome,
    ImageFacts,
)
from submission.container.wording import TROUBLE, blaming, followed, worded
from submission.errors import StageError

REMOVALS = 4
REMOVAL_WAIT_S = 0.5


class DockerEngine:
    """An Engine over the docker SDK's low-level client; Podman speaks the same protocol.

    ``config`` holds the Docker client's settings: proxies and credentials for builds.
    """

    def __init__(self, client: EngineClient, config: ClientConfig) -> None:
        self._client = client
        self._config = config

    def version(self) -> str:
        """Such as ``Docker 20.10.24 (API 1.41, linux/amd64)``, or ``Podman 4.3.1 (…)``."""
        with worded("the container engine did not report its version"):
            facts = self._client.version()
        name, version = "Docker", facts.get("Version", "of an unknown version")
        for each in facts.get("Components") or ():
            if str(each.get("Name", "")).startswith("Podman"):
                name, version = "Podman", each.get("Version", version)
        system = f"{facts.get('Os', 'unknown')}/{facts.get('Arch', 'unknown')}"
        return f"{name} {version} (API {facts['ApiVersion']}, {system})"

    def image(self, ref: str) -> ImageFacts | None:
        """The image of that tag or id; ``None`` if the engine has none."""
        inspect: Callable[[str], dict[str, Any]] = self._client.inspect_image
        try:
            with worded(f"the image {ref} could not be inspected"):
                return _image_facts(inspect(ref))
        except ImageNotFound:
            return None

    def tag(self, image: str, reference: str) -> None:
        """Give the image of that id the name ``reference``, which another one may have had."""
        name = _without_tag(reference)
        what = f"the image could not be named {reference}"
        try:
            with worded(what):
                self._client.tag(image, name, reference[len(name) + 1 :] or None, force=True)
        except ImageNotFound as error:
            detail = f"the engine has no image {image}"
            raise StageError(what, detail=detail, hint="build it: make image") from error

    def images(self, label: str, value: str) -> list[ImageFacts]:
        """Every image that carries ``label=value``."""
        with worded("the images could not be listed"):
            found = self._client.images(filters={"label": f"{label}={value}"})
            every = [self.image(each["Id"]) for each in found]
        return [facts for facts in every if facts is not None]

    def untag(self, reference: str) -> None:
        """Take a name away from its image; one without another name is deleted.

        Raises StageError where the engine refuses, such as for the last name of an image that
        a container uses.
        """
        with worded(f"{reference} could not be removed"), suppress(ImageNotFound):
            self._client.remove_image(reference)

    def base(self, reference: str) -> BaseImage:
        """By the digest that the image has here, else by that of its registry, else by its name."""
        try:
            return self._base_here(reference) or self._base_of_registry(reference)
        except (StageError, *TROUBLE):
            return BaseImage(reference=reference, source=reference)

    def _base_here(self, reference: str) -> BaseImage | None:
        facts = self.image(reference)
        if facts is None:
            return None
        # an image that was imported may have a digest by which this engine does not find it
        found = self.image(facts.digest) if facts.digest else None
        pinned = facts.digest if found is not None and found.id == facts.id else None
        source = pinned or reference
        return BaseImage(reference=reference, source=source, id=facts.id, digest=pinned)

    def _base_of_registry(self, reference: str) -> BaseImage:
        ask: Callable[..., dict[str, Any]] = self._client.inspect_distribution
        answer = ask(reference, auth_config={})
        digest = str(answer["Descriptor"]["digest"])
        source = f"{_without_tag(reference)}@{digest}"
        return BaseImage(reference=reference, source=source, digest=source)

    def build(self, order: BuildOrder, on_line: OnLine) -> ImageFacts:
        """Build with the host's network; steps are reported as ``step n of m: INSTRUCTION``.

        Proxies come from the client's settings where the order has none, and credentials for a
        base image that the engine does not have.
        """
        log = BuildLog(Tail(on_line))
        _, proxies = client_proxies(self._config)
        sent, damage = self._credentials(order)
        if damage and order.base:
            on_line(f"note: no credentials are sent for {order.base.reference}: {damage}")
        with (
            stopping_on_sigterm(),
            context_tar(order) as context,
            _closing(self._client),
            blaming(self._config, order, damage),
            worded(f"the image {order.tag} could not be built"),
        ):
            self._client.registry_auth = sent
            messages = self._client.build(
                fileobj=context,
                custom_context=True,
                dockerfile=order.dockerfile,
                tag=order.tag,
                buildargs={**proxies, **order.build_args},
                labels=dict(order.labels),
                network_mode="host",
                rm=True,
                forcerm=True,
                decode=True,
                use_config_proxy=False,
            )
            for message in followed(messages):
                log.feed(message)
        built = self.image(order.tag) if log.image_id else None
        if built is None:
            raise log.failure("the engine ended the build without an image")
        self._keep_name(order.base)
        return built

    def _keep_name(self, base: BaseImage | None) -> None:
        """Give a base that was fetched by digest its name, so that it need not be fetched again."""
        if base is None or base.source == base.reference or self.image(base.reference) is not None:
            return
        with suppress(*TROUBLE):
            name = _without_tag(base.reference)
            self._client.tag(base.source, name, base.reference[len(name) + 1 :] or None)

    def _credentials(self, order: BuildOrder) -> tuple[Mapping[str, Any], Damage | None]:
        """Credentials for the base image's registry; none if the engine has the image."""
        if order.base is None or self.image(order.base.source) is not None:
            return {}, None
        return credentials(self._config, order.base.reference)

    def run(self, order: CommandOrder, on_line: OnLine) -> CommandOutcome:
        """Run ``order`` in a new container, which is removed when this returns or raises."""
        _demand_sources(order)
        tail = Tail(on_line)
        with (
            stopping_on_sigterm(),
            _closing(self._client),
            self._container(order, tail) as (container, frames),
        ):
            # what a signal breaks off in the client's pool stays locked: see _closing
            with (
                undisturbed(),
                worded(f"the command could not be started in {order.image}", order),
            ):
                self._client.start(container)
            _follow(frames, tail)
            with worded("the connection to the container engine was lost during a run"):
                # to be stopped: a command may close its output and keep running for hours
                self._client.wait(container, timeout=None)
                with undisturbed():
                    state = self._client.inspect_container(container)["State"]
        started_at = _when(state["StartedAt"])
        return CommandOutcome(
            exit_code=int(state["ExitCode"]),
            oom_killed=bool(state["OOMKilled"]),
            tail=tail.lines,
            started_at=started_at,
            # a command of a few ms may end before the engine has noted its start
            ended_at=max(started_at, _when(state["FinishedAt"])),
            container_id=container,
        )

    def reap(self, label: str, value: str) -> list[str]:
        """Remove every container that carries ``label=value``, running or not."""
        with worded("containers of an earlier run could not be removed"):
            found = self._client.containers(all=True, filters={"label": f"{label}={value}"})
            for container in found:
                self._remove(container["Id"])
        return [container["Id"] for container in found]

    @contextmanager
    def _container(self, order: CommandOrder, on_line: OnLine) -> Iterator[tuple[str, Any]]:
        """A created container and its attached output; always removed at the end.

        The name is chosen here, so that a container whose id never arrived can be removed too.
        """
        name = f"{order.name}-{uuid.uuid4().hex[:12]}"
        try:
            with undisturbed(), worded("the container could not be created", order):
                made = self._client.create_container(**_creation(self._client, order, name))
                frames = self._client.attach(made["Id"], stream=True, demux=True)
            yield str(made["Id"]), frames
        finally:
            with undisturbed():
                try:
                    self._remove(name)
                except TROUBLE as error:
                    on_line(f"container {name} is left for the next start to remove: {error}")

    def _remove(self, container: str) -> None:
        for tries_left in reversed(range(REMOVALS)):
            try:
                self._client.remove_container(container, v=True, force=True)
            except NotFound:
                return
            except APIError as error:
                if error.status_code == HTTPStatus.CONFLICT:  # its removal is under way
                    return
                # Podman refuses to kill a container that comes to its end at this moment
                if not tries_left or not error.is_server_error():
                    raise
                time.sleep(REMOVAL_WAIT_S)
            else:
                return


def _creation(client: APIClient, order: CommandOrder, name: str) -> dict[str, Any]:
    """The SDK's arguments for a container with no more rights than the order grants."""
    return {
        "image": order.image,
        "name": name,
        "entrypoint": [order.command[0]],
        "command": list(order.command[1:]),
        "user": order.user,
        "environment": dict(order.environment),
        "labels": dict(order.labels),
        "use_config_proxy": False,
        "host_config": client.create_host_config(
            mounts=[
                DockerMount(each.target, str(each.source), type="bind", read_only=each.read_only)
                for each in order.mounts
            ],
            network_mode=order.network,
            read_only=order.read_only,
            tmpfs=dict.fromkeys(order.tmpfs, "rw,nosuid,nodev,noexec,mode=1777"),
            cpuset_cpus=order.cpuset,
            mem_limit=order.memory_bytes,
            memswap_limit=order.memory_bytes,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            privileged=False,
            init=True,
            # output is followed as it comes; a second copy on disk would disturb the run
            log_config=LogConfig(type="none"),
        ),
    }


def _demand_sources(order: CommandOrder) -> None:
    for mount in order.mounts:
        if not mount.source.exists():
            raise StageError(
                "a folder that the container needs is missing",
                detail=f"{mount.source} (seen inside as {mount.target})",
                hint="the stage that makes it has not run; `make plan` shows which",
            )


def _follow(frames: Iterator[tuple[bytes | None, bytes | None]], tail: Tail) -> None:
    """Pass on complete lines of both streams, without mixing them within a line."""
    cutters = (LineCutter(), LineCutter())
    for frame in followed(frames):
        for cutter, chunk in zip(cutters, frame, strict=True):
            for line in cutter.feed(chunk or b""):
                tail(line)
    for cutter in cutters:
        for line in cutter.close():
            tail(line)


@contextmanager
def _closing(client: APIClient) -> Iterator[None]:
    """Close every response of the engine from inside the block, read to its end or not.

    The SDK does not expose the responses behind its streams. An engine stops a build when its
    client disconnects; a response that waits for garbage collection would keep it running.
    """
    answers: list[Any] = []

    def keep(answer: Any, *_: Any, **__: Any) -> None:
        answers.append(answer)

    client.hooks["response"].append(keep)
    try:
        yield
    finally:
        # A KeyboardInterrupt that arrives just as the client's pool takes its lock leaves it
        # locked, and the process would wait for it at its exit.
        with undisturbed():
            client.hooks["response"].remove(keep)
            for answer in answers:
                answer.close()


def _image_facts(facts: dict[str, Any]) -> ImageFacts:
    digests = facts.get("RepoDigests") or [None]
    return ImageFacts(
        id=facts["Id"],
        tags=tuple(_short(tag) for tag in facts.get("RepoTags") or ()),
        digest=digests[0],
        size_bytes=int(facts["Size"]),
        labels=dict(facts["Config"].get("Labels") or {}),
        created=facts.get("Created"),
    )


def _without_tag(reference: str) -> str:
    """The name of an image without tag and digest; the port of a registry stays."""
    name, _, _ = reference.partition("@")
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _short(tag: str) -> str:
    """The tag as a person writes it; Podman gives it with the registry that it assumes."""
    return tag.removeprefix("localhost/").removeprefix(f"{INDEX_NAME}/library/")


def _when(text: str) -> datetime:
    """The engine's time, whose nanoseconds Python cuts to microseconds."""
    return datetime.fromisoformat(text)
