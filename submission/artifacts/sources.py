"""Where a part can come from: the mirror and the manifest's sources, in order.

``github:owner/repo@commit:path/{file}``, ``hf:owner/repo@revision:path/{file}`` (a data set as
``hf:datasets/owner/repo@…``), ``https:`` and ``http:`` URLs, ``file:`` paths relative to the
manifest's folder. ``{file}`` stands for the part's name. ``squad-parquet:`` before another source
rebuilds the JSON file of SQuAD v1.1 from the hub's parquet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from submission.artifacts.http import HttpSource, Patience
from submission.artifacts.hub import HubSource
from submission.artifacts.local import LocalSource
from submission.artifacts.manifest import File, Manifest, Part
from submission.artifacts.parquet import ParquetSource
from submission.artifacts.progress import ReportStep
from submission.errors import UsageError

GITHUB_RAW = "https://raw.githubusercontent.com"
_REPO = re.compile(
    r"(?P<repo>[\w.-]+(?:/[\w.-]+){1,2})@(?P<revision>[\w./-]+):(?P<path>[^:]+)", re.ASCII
)


class PartSource(Protocol):
    """One location of one part."""

    @property
    def label(self) -> str:
        """The location as shown to the user."""

    @property
    def remote(self) -> bool:
        """True if reaching it needs a network."""

    def bring(self, part: Part, to: Path, report: ReportStep) -> None:
        """Write the part's bytes to ``to``, resuming from what is there if that is safe.

        Raises SourceError if this source cannot provide it, OSError if ``to`` cannot be written.
        """


@dataclass(frozen=True, kw_only=True)
class FetchPolicy:
    """From where parts may be fetched: a mirror (folder or URL) is tried before every source."""

    mirror: str | None = None
    offline: bool = False
    patience: Patience = field(default_factory=Patience)
    github_raw: str = GITHUB_RAW


def part_sources(
    manifest: Manifest, file: File, part: Part, policy: FetchPolicy
) -> list[PartSource]:
    """The sources to try, in order: the mirror, then the file's own or the manifest's sources.

    Raises UsageError for an invalid source.
    """
    mirrored = _mirrored(policy, manifest, part)
    sources = file.sources or manifest.sources
    return [*mirrored, *(_source(source, manifest, part, policy) for source in sources)]


def _mirrored(policy: FetchPolicy, manifest: Manifest, part: Part) -> Iterator[PartSource]:
    if not policy.mirror:
        return
    for below in (f"{manifest.name}/{part.name}", part.name):
        if policy.mirror.startswith(("http://", "https://")):
            url = f"{policy.mirror.rstrip('/')}/{quote(below)}"
            yield HttpSource(url=url, patience=policy.patience)
        else:
            yield LocalSource(path=Path(policy.mirror.removeprefix("file:")) / below)


def _source(source: str, manifest: Manifest, part: Part, policy: FetchPolicy) -> PartSource:
    scheme, _, rest = source.partition(":")
    if scheme == "squad-parquet":
        return ParquetSource(parquet=_source(rest, manifest, part, policy))
    if scheme == "file":
        return LocalSource(path=manifest.path.parent / rest.replace("{file}", part.name))
    if scheme in {"http", "https"}:
        return HttpSource(url=source.replace("{file}", quote(part.name)), patience=policy.patience)
    match = _REPO.fullmatch(rest)
    if match is None:
        raise UsageError(
            f"the source {source} of {manifest.name} is not valid",
            detail=f"expected after {scheme}: owner/repo@revision:path/{{file}}",
            hint=f"correct it in {manifest.path}",
        )
    path = match["path"].replace("{file}", part.name)
    if scheme == "hf":
        return HubSource(
            repo=match["repo"], revision=match["revision"], file=path, offline=policy.offline
        )
    url = f"{policy.github_raw}/{match['repo']}/{match['revision']}/{quote(path)}"
    return HttpSource(url=url, patience=policy.patience)
