"""Snapshots as plain files, `snapshots/<case>/<name>`, with every byte as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from syrupy.data import Snapshot, SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension

from cases import ROOT

if TYPE_CHECKING:
    from syrupy.location import PyTestLocation
    from syrupy.types import SnapshotIndex

SNAPSHOTS = ROOT / "snapshots"
# the one test that has snapshots: its name and the case are in each snapshot's name, so that `-k` finds them
TEST = "test_result_is_the_snapshot"


class CaseFiles(SingleFileSnapshotExtension):
    """`snapshot(name=FILE)` in a test with the parameter `case` is `snapshots/<case>/FILE`."""

    file_extension = ""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """One folder for all tests, so that snapshots of cases that have gone are found."""
        return str(SNAPSHOTS)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(SNAPSHOTS)

    def is_snapshot_location(self, *, location: str) -> bool:
        return True

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        return str(SNAPSHOTS / _case_name(test_location) / str(index))

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return _snapshot_name(_case_name(test_location), str(index))

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return Path(snapshot_location).parent.name == _case_name(test_location)

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        place = Path(snapshot_location)
        found = SnapshotCollection(location=snapshot_location)
        found.add(Snapshot(name=_snapshot_name(place.parent.name, place.name)))
        return found

    def diff_lines(self, serialized_data: str | bytes, snapshot_data: str | bytes) -> Iterator[str]:
        """The difference as lines of text."""
        return super().diff_lines(_text(serialized_data), _text(snapshot_data))

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        place = Path(snapshot_location)
        place.unlink()
        if not any(place.parent.iterdir()):
            place.parent.rmdir()


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode(errors="replace")


def _snapshot_name(case: str, file: str) -> str:
    return f"{TEST}[{case}]/{file}"


def _case_name(test_location: PyTestLocation) -> str:
    """The id of the test's parameter."""
    return test_location.testname.partition("[")[2].removesuffix("]")
