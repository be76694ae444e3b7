"""Archives whose members are not one record each, and what zstd puts between them."""

import itertools
import time

import pytest
from reader_laws import check_laws, read
from source_files import gzipped, response, warc_record, zstd

RECORDS = [response(f"http://a/{at}", b"text %d" % at) for at in range(60)]
INFO = warc_record("warcinfo", "", b"software: none\r\n")
MALFORMED = RECORDS[0].replace(b"Content-Length", b"Content-Lenght")
PADDING = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"none"


def numbers(documents):
    urls = [dict(document[1:])["url"] for document in documents]
    return [int(url.removeprefix("http://a/")) for url in urls]


@pytest.mark.parametrize("pack", [gzipped, zstd])
def test_further_records_of_a_member_have_the_positions_behind_its_first(pack, tmp_path):
    one, many = pack(RECORDS[0]), pack(b"".join(RECORDS[1:4]))
    path = tmp_path / "a.warc"
    path.write_bytes(one + many + pack(RECORDS[4]))
    documents, lost, _ = read("warc", path)
    first, after = len(one), len(one) + len(many)
    assert [document[0] for document in documents] == [0, first, first + 1, first + 2, after]
    assert lost == []
    check_laws("warc", path, range(0, path.stat().st_size, 30))


@pytest.mark.parametrize(
    "members",
    [
        [INFO, b"".join(RECORDS)],
        [*RECORDS[:50], b"".join(RECORDS[50:])],
        [INFO + RECORDS[0], *RECORDS[1:]],
        [b"".join(RECORDS[at : at + 10]) for at in range(0, 60, 10)],
    ],
    ids=["all in the second", "fifty alone", "two in the first", "ten each"],
)
def test_every_record_is_read_however_many_stand_in_a_member(members, tmp_path):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzipped, members)))
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == list(range(60))
    assert lost == []
    check_laws("warc", path, range(0, path.stat().st_size, 500))


@pytest.mark.parametrize("num_bytes", [50, 1000, 65_280])
def test_members_that_end_anywhere_are_one_archive(num_bytes, tmp_path):
    # As bgzip cuts, with its empty member at the end; the first record is longer than a block.
    data = response("http://a/0", b"x" * 100_000) + b"".join(RECORDS[1:])
    blocks = (data[at : at + num_bytes] for at in range(0, len(data), num_bytes))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzipped, (*blocks, b""))))
    documents, lost, _ = read("warc", path, max_record_bytes=1 << 20)
    assert numbers(documents) == list(range(60))
    assert lost == []


def test_a_bad_first_head_costs_its_record_and_not_the_archive(tmp_path):
    path = tmp_path / "a.warc.gz"
    for members in ([MALFORMED + b"".join(RECORDS[1:])], [MALFORMED, *RECORDS[1:]]):
        path.write_bytes(b"".join(map(gzipped, members)))
        documents, lost, _ = read("warc", path)
        assert numbers(documents) == list(range(1, 60))
        assert [(position, reason) for position, reason, _ in lost] == [(0, "malformed")]
        check_laws("warc", path, range(0, path.stat().st_size, 300))


UNUSUAL = b"WARC/1.0\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n"


def damaged(member):
    at = len(member) // 2
    return member[:at] + bytes([member[at] ^ 0xFF]) + member[at + 1 :]


def test_a_bad_first_record_before_an_unusual_one_does_not_make_an_archive_whole(tmp_path):
    members = list(map(gzipped, [MALFORMED, UNUSUAL, *RECORDS[2:]]))
    begins = [0, *itertools.accumulate(map(len, members[:-1]))]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join([*members[:9], damaged(members[9]), *members[10:]]))
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == [*range(2, 9), *range(10, 60)]
    assert documents[0][0] == begins[2]  # a member each: positions are those in the file
    assert [(position, size) for position, _, size in lost] == [
        (0, len(members[0])),
        (begins[9], len(members[9])),
    ]
    check_laws("warc", path, range(0, path.stat().st_size, 500))


def test_damage_in_an_archive_compressed_in_blocks_costs_what_stands_before_the_next_head(tmp_path):
    groups = [RECORDS[at : at + 10] for at in range(0, 60, 10)]
    # Within the first block the second record begins, so the archive is whole.
    members = [gzipped(b"".join(group)) for group in groups]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join([*members[:2], damaged(members[2]), *members[3:]]))
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == [*range(20), *range(30, 60)]
    assert lost == [(sum(map(len, RECORDS[:20])), "damaged", len(members[2]))]
    positions = [document[0] for document in documents]
    assert positions == sorted(set(positions))


def test_a_record_that_damage_cuts_is_lost_once(tmp_path):
    data = b"".join(RECORDS)
    cut = sum(map(len, RECORDS[:30])) + 50  # within number 30
    path = tmp_path / "a.warc.gz"
    second = gzipped(data[cut:])
    path.write_bytes(gzipped(data[:cut]) + damaged(second) + gzipped(RECORDS[0]))
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == [*range(30), 0]
    assert lost == [(cut - 50, "damaged", len(second))]


def test_a_member_cut_short_gives_its_records_before_the_cut(tmp_path):
    first, second = gzipped(RECORDS[0]), gzipped(b"".join(RECORDS[1:]))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(first + second[:-40])
    documents, lost, _ = read("warc", path)
    found = numbers(documents)
    assert found == list(range(len(found)))
    assert len(found) > 1
    assert [reason for _, reason, _ in lost] == ["truncated"]
    check_laws("warc", path, range(0, path.stat().st_size, 50))


def test_padding_before_and_between_zstd_frames_is_no_record(tmp_path):
    path = tmp_path / "a.warc.zst"
    path.write_bytes(PADDING + PADDING.join(map(zstd, RECORDS)) + PADDING)
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == list(range(60))
    assert documents[0][0] == len(PADDING)
    assert lost == []
    check_laws("warc", path, range(0, path.stat().st_size, 200))


def test_an_archive_with_a_dictionary_of_its_own_is_refused_by_name(tmp_path):
    path = tmp_path / "a.warc.zst"
    frame = b"\x5d\x2a\x4d\x18" + PADDING[4:]  # 0x184D2A5D, little-endian
    path.write_bytes(frame + b"".join(map(zstd, RECORDS)))
    documents, lost, _ = read("warc", path)
    assert documents == []
    assert lost == [(0, "needs_dictionary", path.stat().st_size)]
    check_laws("warc", path, range(0, path.stat().st_size, 500))


@pytest.mark.parametrize(
    "data",
    [
        b"WARC/1.0\r\n" * 30_000,
        b"WARC/1.0\r\n" * 2000 + b"a: b\r\n" * 40_000 + b"\r\n",
        b"WARC/1.0\r\nX: y\r\n" + b" a\n" * 300_000 + b"Content-Length: 0\r\n\r\n\r\n\r\n",
        (b"WARC/1." * 2200 + b"\nContent-Length: 5\n\n") * 200,
        (b"WARC/1.0\n" + b"a\n" * 200 + b"b" * 9000 + b"\n\n") * 300,
    ],
    ids=["heads", "heads and lines", "continued lines", "versions", "long heads"],
)
@pytest.mark.parametrize("pack", [bytes, gzipped])
def test_an_archive_made_to_be_searched_for_ever_is_read_in_seconds(data, pack, tmp_path):
    path = tmp_path / "a.warc"
    path.write_bytes(pack(MALFORMED + data))
    before = time.process_time()
    read("warc", path)
    assert time.process_time() - before < 5
