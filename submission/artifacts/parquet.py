"""``squad-parquet:`` sources: the hub's parquet is fetched and turned into the exact JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from submission.artifacts import partial
from submission.artifacts.digest import Checksums
from submission.artifacts.failure import SourceError
from submission.artifacts.manifest import Part
from submission.artifacts.progress import ReportStep
from submission.errors import KitError
from submission.squad.parquet import squad_json

if TYPE_CHECKING:
    from submission.artifacts.sources import PartSource


@dataclass(frozen=True, kw_only=True)
class ParquetSource:
    """Another place that has the parquet; the checksum of the JSON judges what becomes of it."""

    parquet: PartSource

    @property
    def label(self) -> str:
        """As the manifest writes it."""
        return f"squad-parquet:{self.parquet.label}"

    @property
    def remote(self) -> bool:
        return self.parquet.remote

    def bring(self, part: Part, to: Path, report: ReportStep) -> None:
        """Fetch the parquet beside ``to``, convert, remove it; SourceError if either fails."""
        fetched = to.with_name(f"{to.name}.parquet")
        unknown = Part(name=f"{part.name}.parquet", size_bytes=None, checksums=Checksums())
        try:
            self.parquet.bring(unknown, fetched, report)
            content = squad_json(fetched)
        except KitError as error:
            raise SourceError(f"{error.what} ({error.detail})") from error
        finally:
            partial.drop(fetched)
        partial.forget_origin(to)
        to.write_bytes(content)
