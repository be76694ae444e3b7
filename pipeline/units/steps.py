"""Resumable work: a step is done unit by unit, and a unit is done once its record is committed.

A unit (usually a part) writes its files, then its record `run/<step>/<unit>.json`, which names
them. Started again, a unit whose record has the same fingerprint is skipped. When all units are
done the step's own record `run/<step>.json` is written; a step that has one is skipped whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import HaybaleError, ManifestMismatchError
from haybale.corpus.ledger import Ledger
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder, find_parsed, read_parsed
from haybale.pipeline.report.unit_sums import UnitSums
from haybale.pipeline.units.timing import UnitMeter


@dataclass(frozen=True)
class UnitResult:
    """What a unit of work left behind.

    Attributes:
        files: Committed files.
        ledger: What it decided.
        facts: Counts that later stages need; JSON.
        timing: Seconds and bytes of memory; outside every digest.
    """

    files: tuple[FileRecord, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    facts: dict[str, Any] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All that is reproducible."""
        return {
            "files": [file.as_json() for file in self.files],
            "ledger": self.ledger.as_json(),
            "facts": self.facts,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "UnitResult":
        """The inverse of `as_json`."""
        return cls(
            tuple(FileRecord.from_json(file) for file in raw["files"]),
            Ledger.from_json(raw["ledger"]),
            raw["facts"],
            raw.get("timing", {}),
        )


@dataclass(frozen=True)
class Step:
    """A named piece of the build, bound to what it depends on.

    Attributes:
        name: Such as `ingest` or `deduplicate/exact`; its folder below `run/`.
        fingerprint: Digest of everything its output follows from.
    """

    name: str
    fingerprint: str

    @property
    def record_path(self) -> str:
        """Where the finished step is recorded."""
        return f"run/{self.name}.json"

    def unit_path(self, unit: str) -> str:
        """Where a finished unit is recorded."""
        return f"run/{self.name}/{unit}.json"


def fingerprint(*parts: Any) -> str:
    """A digest of anything that is JSON."""
    return digest(canonical_json(list(parts)))


def do_unit(folder: Folder, step: Step, unit: str, work: Callable[[], UnitResult]) -> UnitResult:
    """Do a unit of work, unless it is done.

    Raises:
        ManifestMismatchError: If the unit was done under another fingerprint.
    """
    done = _read_record(folder, step.unit_path(unit), step)
    if done is not None:
        return UnitResult.from_json(done)
    meter = UnitMeter()
    result = work()
    timed = replace(result, timing=meter.timing(result.timing))
    record = {"fingerprint": step.fingerprint, **timed.as_json(), "timing": timed.timing}
    folder.commit_bytes(step.unit_path(unit), canonical_json(record))
    return timed


def finished_units(folder: Folder, step: Step) -> dict[str, UnitResult]:
    """Results of all finished units, by name, sorted."""
    root = f"run/{step.name}/"
    results = {}
    for path in folder.list(f"run/{step.name}"):
        if path.endswith(".json"):
            record = _read_record(folder, path, step)
            assert record is not None
            name = path.removeprefix(root).removesuffix(".json")
            results[name] = UnitResult.from_json(record)
    return results


def is_finished(folder: Folder, step: Step) -> bool:
    """Whether the step's own record is there.

    Raises:
        ManifestMismatchError: If it is there under another fingerprint.
    """
    return _read_record(folder, step.record_path, step) is not None


def finish(folder: Folder, step: Step, num_units: int | None = None) -> str:
    """Record the step as done; returns a digest of everything its units left behind.

    Args:
        folder: The corpus folder.
        step: What was done.
        num_units: In how many units, where an engine was asked to do them.

    Raises:
        HaybaleError: If there are not as many.
    """
    results = finished_units(folder, step)
    if num_units is not None and len(results) != num_units:
        raise HaybaleError(
            f"{step.name}: the engine ended with {len(results)} of {num_units} units done and "
            "reported no error; run the same command again to go on"
        )
    content = fingerprint({name: result.as_json() for name, result in results.items()})
    sums = UnitSums()
    for result in results.values():
        sums.add(result.timing, result.ledger)
    record = {"fingerprint": step.fingerprint, "units": len(results), "content": content}
    record |= {"sums": sums.as_json()}  # a later step may remove the units' own records
    folder.commit_bytes(step.record_path, canonical_json(record))
    return content


def content_of(folder: Folder, step: Step) -> str:
    """The digest that `finish` returned: what a later step's fingerprint is made of."""
    return str(read_parsed(folder, step.record_path)["content"])


def _read_record(folder: Folder, path: str, step: Step) -> dict[str, Any] | None:
    record: dict[str, Any] | None = find_parsed(folder, path)
    if record is not None and record["fingerprint"] != step.fingerprint:
        raise ManifestMismatchError(
            f"{folder.path(path)}: was made under fingerprint {record['fingerprint']}, this build "
            f"has {step.fingerprint}: the recipe, the input, a model, another package or haybale "
            "itself changed; choose another --output, or remove this folder to build anew"
        )
    return record
