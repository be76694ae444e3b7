import bz2
import gzip
import io
import itertools
import json
import lzma
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from haybale.corpus.listing import match_files
from haybale.pipeline.estimate.cutting import cut
from haybale.pipeline.estimate.ranges import Range

PACK = {
    "": (bytes, bytes),
    ".gz": (gzip.compress, gzip.decompress),
    ".bz2": (bz2.compress, bz2.decompress),
    ".xz": (lzma.compress, lzma.decompress),
    ".zst": (
        zstandard.ZstdCompressor().compress,
        lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
    ),
}


def pieces_of(path, count, folder):
    """The file's pieces, as stored."""
    file = match_files(str(path))[0]
    edges = [file.num_bytes * at // count for at in range(count + 1)]
    ranges = [
        Range(start, stop, folder / f"{start:08d}{path.suffix}")
        for start, stop in itertools.pairwise(edges)
    ]
    cut(file, ranges, None)
    return [each.target.read_bytes() for each in ranges]


def random_lines(num_bytes):
    """Lines of many lengths that do not compress well, so that places in the file mean much."""
    rng = random.Random(0)
    lines = []
    while num_bytes > 0:
        text = "".join(
            rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=rng.randrange(1, 9000))
        )
        lines.append(json.dumps({"text": text}).encode() + b"\n")
        num_bytes -= len(lines[-1])
    return b"".join(lines)


@pytest.mark.parametrize("suffix", PACK)
def test_every_line_is_in_exactly_one_piece_and_whole(suffix, tmp_path):
    pack, unpack = PACK[suffix]
    data = random_lines(1 << 20)
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(data))
    pieces = [unpack(piece) if piece else b"" for piece in pieces_of(path, 7, tmp_path)]
    assert b"".join(pieces) == data
    assert all(piece.endswith(b"\n") for piece in pieces if piece)
    # Random lines pack alike: each of seven ranges has about a seventh of them. A block of bz2 is
    # 900 kB, so there only its share of the block tells where a line is.
    assert max(map(len, pieces)) < len(data) // 3


@pytest.mark.parametrize("suffix", PACK)
def test_a_file_that_expands_far_is_cut_up_to_its_end(suffix, tmp_path):
    pack, unpack = PACK[suffix]
    # All is read at once, packed, and comes in several blocks.
    data = b"".join(b'{"text": "%05d %s"}\n' % (at, b"hay " * 400) for at in range(4000))
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(data))
    pieces = [unpack(piece) if piece else b"" for piece in pieces_of(path, 3, tmp_path)]
    assert b"".join(pieces) == data


def test_pieces_drawn_alone_are_those_of_the_whole(tmp_path):
    data = random_lines(1 << 20)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(data))
    together = [gzip.decompress(piece) for piece in pieces_of(path, 5, tmp_path)]
    file, target = match_files(str(path))[0], tmp_path / "alone.gz"
    cut(file, [Range(file.num_bytes * 2 // 5, file.num_bytes * 3 // 5, target)], None)
    assert gzip.decompress(target.read_bytes()) == together[2]


@pytest.mark.parametrize("packed", [False, True])
def test_every_warc_record_is_in_exactly_one_piece_as_it_was_stored(packed, tmp_path):
    rng = random.Random(1)
    records = []
    for number in range(80):
        # Random bytes do not pack, so what looks like the start of a gzip file stays as it is.
        page = rng.randbytes(rng.randrange(10, 4000)) + b"\x1f\x8b\x08" + rng.randbytes(50)
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {len(page)}\r\nX: {number}\r\n\r\n"
        )
        record = head.encode() + page + b"\r\n\r\n"
        records.append(gzip.compress(record) if packed else record)
    path = tmp_path / ("a.warc.gz" if packed else "a.warc")
    path.write_bytes(b"".join(records))
    pieces = pieces_of(path, 6, tmp_path)
    assert b"".join(pieces) == b"".join(records)
    starts = b"\x1f\x8b" if packed else b"WARC/1.0"
    assert all(piece.startswith(starts) for piece in pieces if piece)


def test_damage_ends_a_piece_and_not_the_estimate(tmp_path):
    data = random_lines(1 << 19)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(data)[:-1000])
    pieces = pieces_of(path, 3, tmp_path)
    assert data.startswith(gzip.decompress(pieces[0]) + gzip.decompress(pieces[1]))
    assert pieces[0]


def test_every_row_group_of_parquet_is_in_exactly_one_piece(tmp_path):
    table = pa.table({"text": [f"row {number}" for number in range(1000)]})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=100)
    found = [pq.read_table(io.BytesIO(piece)) for piece in pieces_of(path, 4, tmp_path)]
    # Ten groups begin at tenths of the file: three in its first quarter, at 0, 1 and 2 tenths, two
    # in the second, at 3 and 4, three in the third, at 5, 6 and 7, two in the last.
    assert [part.num_rows for part in found] == [300, 200, 300, 200]
    assert pa.concat_tables(found).equals(table)
