"""What every reader keeps to, and how pieces of a file are put together as the driver does."""

import itertools

from haybale.corpus.listing import InputFile
from haybale.pipeline.jobs.tiling import misplaced
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.sources import can_split, readers
from haybale.pipeline.sources.records import ReadOptions
from haybale.pipeline.sources.span import Span
from haybale.pipeline.units.steps import UnitResult

MAX_RECORD_BYTES = 1 << 16


def read(format_, path, span=None, max_record_bytes=MAX_RECORD_BYTES):
    """Documents, unreadable records, and what a piece covered."""
    reader = readers()[format_]
    options = ReadOptions(
        subset="web",
        name=path.name,
        fields={},
        license=None,
        max_record_bytes=max_record_bytes,
        extract=lambda html, _: html.decode(errors="replace"),
    )
    if span is None:
        found = list(reader.read(str(path), options))
    else:
        found = list(reader.read_span(str(path), options, span))
    documents = [
        (position, *row.items())
        for records in found
        for position, row in zip(records.positions, records.documents.to_pylist(), strict=True)
    ]
    lost = [(one.position, one.reason, one.num_bytes) for all_ in found for one in all_.unreadable]
    covered = next((one.covered for one in reversed(found) if one.covered), None)
    return documents, lost, covered


def read_pieces(format_, path, cuts):
    """What `read` gives, from pieces that are put together as the driver puts them."""
    num_bytes = path.stat().st_size
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < num_bytes}), num_bytes]
    file = InputFile(str(path), path.name, num_bytes, 0)
    parts = [
        Part(number, "web", (file,), piece)
        for number, piece in enumerate(itertools.pairwise(bounds))
    ]
    found = {part.number: read(format_, path, Span(*part.piece)) for part in parts}
    for _ in parts:
        results = {}
        for part in parts:
            covered = found[part.number][2]
            facts = {"covered": None if covered is None else [covered.begin, covered.end]}
            results[part.name] = UnitResult(facts={"inputs": [facts]})
        wrong = dict(misplaced(parts, results))
        for number, begin in wrong.items():
            found[number] = read(format_, path, Span(*parts[number].piece, begin))
        if not wrong:
            break
    assert not wrong
    return tuple(
        [row for number in sorted(found) for row in found[number][kind]] for kind in (0, 1)
    )


def check_laws(format_, path, cuts):
    documents, lost, _ = read(format_, path)
    positions = [document[0] for document in documents]
    assert positions == sorted(set(positions))
    assert [one[0] for one in lost] == sorted(one[0] for one in lost)
    if can_split(readers()[format_], path.name) and path.stat().st_size:
        assert read_pieces(format_, path, cuts) == (documents, lost)
