"""What passes leave by region comes to the files of parts, and is read once."""

from collections import Counter

import numpy as np
import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import EXACT_REMOVED, part_of
from haybale.pipeline.jobs import exact_gathered
from haybale.pipeline.jobs.exact import twins_path, write_twins
from haybale.pipeline.jobs.exact_gathered import GatherRegion
from haybale.pipeline.jobs.regions import num_regions, parts_of_region, region_of
from haybale.pipeline.rows.tables import read_rows
from haybale.pipeline.units.steps import Step, finished_units

PASSES = ("deduplicate/exact-text-0001-of-0002", "deduplicate/exact-text-0002-of-0002")


@pytest.mark.parametrize("num_parts", [1, 2, 31, 32, 33, 34, 100, 1023, 3000])
def test_every_part_is_in_its_region_alone(num_parts):
    found = [
        (part, at)
        for at in range(num_regions(num_parts))
        for part in parts_of_region(at, num_parts)
    ]
    regions = region_of(np.arange(num_parts), num_parts).tolist()
    assert found == list(enumerate(regions))


def test_files_of_passes_are_read_once_and_each_part_gets_its_rows(tmp_path, monkeypatch):
    folder, step, num_parts = Folder(tmp_path), Step("deduplicate/exact-text", "a"), 100
    rows = np.zeros(1000, EXACT_REMOVED)
    rng = np.random.default_rng(0)
    rows["address"] = rng.permutation(1000).astype(np.uint64) % 100 << np.uint64(32)
    rows["address"] += np.arange(1000, dtype=np.uint64)
    regions = region_of(part_of(rows["address"]), num_parts)
    for number, name in enumerate(PASSES):
        for region in range(num_regions(num_parts)):
            found = rows[(regions == region) & (np.arange(1000) % 2 == number)]
            write_twins(folder, twins_path(name, region), found)
    read = Counter()

    def counted(folder, path):
        read[path] += 1
        return read_rows(folder, path)

    monkeypatch.setattr(exact_gathered, "read_rows", counted)
    gather = GatherRegion(folder.uri, step, num_parts, PASSES)
    for region in range(num_regions(num_parts)):
        assert list(gather.process(region)) == [region]
    assert set(read.values()) == {1}
    # 32 + 100 // 32 = 35 regions, of each a file from both passes.
    assert len(read) == 2 * 35
    units = finished_units(folder, step)
    assert list(units) == [f"{part:05d}" for part in range(num_parts)]
    for part, unit in enumerate(units.values()):
        expected = np.sort(rows["address"][part_of(rows["address"]) == part])
        found = read_rows(folder, f"run/deduplicate/exact-text/{part:05d}.npy")
        assert found["address"].tolist() == expected.tolist()
        assert unit.facts == {"removed": len(expected)}
