import numpy as np
import pyarrow as pa
import pytest
from small_shards import documents_of, write_shards

from haybale.corpus.errors import CorruptShardError, SchemaError
from haybale.corpus.packing import (
    Packing,
    check_sequence_lengths,
    packing_path,
    read_packing,
    write_packing,
)
from haybale.corpus.storage import Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path))


@pytest.fixture
def shards(folder):
    names = ("train/web/00000", "train/web/00001")
    return write_shards(folder, {n: documents_of(9, 4, seed=i) for i, n in enumerate(names)})


# Documents of 9 and 4 tokens in sequences of 8: 8 of the first; its last, and the second.
PACKING = Packing(
    "best_fit",
    8,
    np.array([0, 1, 3], np.int32),
    np.array([0, 8, 9]),
    np.array([8, 1, 4], np.int32),
)


def test_a_packing_is_read_as_it_was_written(folder, shards):
    record = write_packing(folder, PACKING, shards[0])
    assert record.path == "packing/best_fit-8/train/web/00000.arrow"
    found = read_packing(folder, shards[0], "best_fit", 8)
    assert (found.kind, found.sequence_length) == ("best_fit", 8)
    for name in ("offsets", "starts", "lengths"):
        assert getattr(found, name).dtype == getattr(PACKING, name).dtype
        assert getattr(found, name).tolist() == getattr(PACKING, name).tolist()
    # Two sequences have 16 positions, 13 tokens are in them.
    assert (found.num_sequences, found.num_tokens, found.padding_tokens) == (2, 13, 3)


def test_any_arrow_reader_finds_stretches_and_what_they_belong_to(folder, shards, tmp_path):
    path = tmp_path / write_packing(folder, PACKING, shards[0]).path
    table = pa.ipc.open_file(str(path)).read_all()
    assert table.to_pylist() == [
        {"starts": [0], "lengths": [8]},
        {"starts": [8, 9], "lengths": [1, 4]},
    ]
    assert table.schema.field("starts").type.value_type == pa.int64()
    assert table.schema.field("lengths").type.value_type == pa.int32()
    assert table.schema.metadata == {
        b"format": b"haybale/packing@1",
        b"kind": b"best_fit",
        b"sequence_length": b"8",
        b"padding_tokens": b"3",
        b"shard": b"shards/train/web/00000.arrow",
        b"shard_digest": shards[0].digest.encode(),
    }


def test_arrays_are_mapped_not_copied(folder, shards):
    write_packing(folder, PACKING, shards[0])
    before = pa.total_allocated_bytes()
    found = read_packing(folder, shards[0], "best_fit", 8)
    assert pa.total_allocated_bytes() == before
    assert not found.starts.flags.owndata


def test_a_packing_in_another_ones_place_is_noticed(folder, shards, tmp_path):
    write_packing(folder, PACKING, shards[0])
    source = tmp_path / packing_path("best_fit", 8, shards[0].path)
    for kind, length, shard, said in (
        ("best_fit", 8, shards[1], "expected shard shards/train/web/00001.arrow, found"),
        ("best_fit", 16, shards[0], "expected sequence_length 16, found 8"),
        ("document_start", 8, shards[0], "expected kind document_start, found best_fit"),
    ):
        path = tmp_path / packing_path(kind, length, shard.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
        with pytest.raises(CorruptShardError, match=said):
            read_packing(folder, shard, kind, length)


def test_a_packing_of_a_shard_that_was_written_anew_is_noticed(folder, shards):
    write_packing(folder, PACKING, shards[0])
    (again, _) = write_shards(
        folder, {"train/web/00000": documents_of(9, 4, seed=7), "train/web/00001": documents_of(1)}
    )
    with pytest.raises(CorruptShardError, match="expected shard_digest"):
        read_packing(folder, again, "best_fit", 8)


def test_a_missing_damaged_or_newer_packing_is_said(folder, shards, tmp_path):
    with pytest.raises(CorruptShardError, match="the file is missing"):
        read_packing(folder, shards[0], "best_fit", 8)
    path = tmp_path / write_packing(folder, PACKING, shards[0]).path
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptShardError, match="cannot be read"):
        read_packing(folder, shards[0], "best_fit", 8)
    path.write_bytes(whole.replace(b"packing@1", b"packing@9"))
    with pytest.raises(SchemaError, match=r"expected format haybale/packing@1, found .*packing@9"):
        read_packing(folder, shards[0], "best_fit", 8)
    lengths = np.array([8, 1, 4], np.int32).tobytes()
    assert whole.count(lengths) == 1
    path.write_bytes(whole.replace(lengths, np.array([8, 1, 5], np.int32).tobytes()))
    with pytest.raises(CorruptShardError, match="rows are not those"):
        read_packing(folder, shards[0], "best_fit", 8)


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        ([2, 2048, 1 << 24], None),
        ([2048, 1], "expected sequence lengths of 2 to 16,777,216, found 1"),
        ([-5], "expected sequence lengths of 2 to 16,777,216, found -5"),
        ([(1 << 24) + 1], "expected sequence lengths of 2 to 16,777,216, found 16777217"),
        ([64, 32, 64], "the sequence length 64 is given more than once"),
    ],
)
def test_sequence_lengths_that_cannot_be_are_named(lengths, said):
    assert check_sequence_lengths(lengths) == said
