"""``squad-parquet:`` sources: fetches the hub's parquet and rebuilds the exact JSON file."""

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
    """A source of the parquet file; the result is verified by the checksum of the JSON."""

    parquet: PartSource

    @property
    def label(self) -> str:
        """The source as the manifest writes it."""
        return f"squad-parquet:{self.parquet.label}"

    @property
    def remote(self) -> bool:
        return self.parquet.remote

    def bring(self, part: Part, to: Path, report: ReportStep) -> None:
        """Fetch the parquet beside ``to``, convert and remove it; SourceError if either fails."""
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
