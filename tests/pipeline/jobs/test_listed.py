"""What a part of a build that goes by lists reads to know which records of its file are its own."""

import pytest

from haybale.corpus.digests import canonical_json
from haybale.corpus.listing import InputFile
from haybale.corpus.storage import Folder
from haybale.pipeline.jobs import listed
from haybale.pipeline.jobs.listed import ListedWorker
from haybale.pipeline.jobs.lookup_runs import rows_read
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.units.steps import Step

PIECES = [(0, 10), (10, 20), (20, 30)]


@pytest.fixture
def worker(tmp_path):
    """Of parts 0 to 5: files of their own, and between them one in three pieces, 2 to 4."""
    folder = Folder(tmp_path)
    pieces = [None, None, *PIECES, None]
    files = "abccce"
    parts = [
        Part(number, "web", (InputFile(f"/{name}", name, 30, 0),), piece)
        for number, (name, piece) in enumerate(zip(files, pieces, strict=True))
    ]
    for part, documents in zip(parts, (7, 9, 2, 3, 4, 8), strict=True):
        facts = {"facts": {"inputs": [{"documents": documents}]}}
        folder.commit_bytes(f"run/ingest/{part.name}.json", canonical_json(facts))
    worker = ListedWorker(folder.uri, Step("selection", ""))
    worker._parts = tuple(parts)
    return worker


def test_pieces_share_the_records_of_their_file_and_other_parts_have_all(worker):
    # Of 2, 3 and 4 documents: from 0, 2 and 5 on.
    expected = [(0, None), (0, None), (0, 2), (2, 5), (5, None), (0, None)]
    assert [worker._records_of(part) for part in worker._parts] == expected


def test_a_part_reads_what_was_left_of_pieces_of_its_own_file_alone_and_once(worker, monkeypatch):
    seen = []

    def counted(folder, part):
        seen.append(part.number)
        return rows_read(folder, part)

    monkeypatch.setattr(listed, "rows_read", counted)
    for number in (0, 5, 4, 3, 2):
        worker._records_of(worker._parts[number])
    assert seen == [2, 3]
