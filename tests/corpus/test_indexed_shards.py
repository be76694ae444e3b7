import numpy as np
import pytest
from small_shards import FORMAT, documents_of, write_shards

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.shards import BATCH_TOKENS
from haybale.corpus.storage import Folder


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path))


def test_offsets_go_on_over_record_batches(folder):
    # The first document fills a record batch; the others make a second.
    (shard,) = write_shards(folder, {"train/web/00000": documents_of(BATCH_TOKENS, 3, 4)})
    assert shard.rows.num_rows == 2
    offsets = shard.document_offsets(folder)
    assert offsets.tolist() == [0, BATCH_TOKENS, BATCH_TOKENS + 3, BATCH_TOKENS + 7]
    assert (shard.num_documents, shard.num_tokens) == (3, BATCH_TOKENS + 7)


def test_batches_are_the_documents_as_written(folder):
    documents = documents_of(5, 1, 7)
    (shard,) = write_shards(folder, {"train/web/00000": documents})
    ((offsets, values),) = shard.batches(folder, FORMAT.dtype)
    assert offsets.tolist() == [0, 5, 6, 13]
    assert values.dtype == np.uint16
    assert values.tolist() == np.concatenate(documents).tolist()


def test_a_shard_knows_the_tokens_before_it_in_its_split_and_subset(folder):
    shards = write_shards(
        folder,
        {
            "train/books/00000": documents_of(5, 6),
            "train/web/00000": documents_of(7),
            "train/web/00001": documents_of(8, 1),
            "validation/web/00000": documents_of(9),
        },
    )
    assert [shard.path for shard in shards][1] == "shards/train/web/00000.arrow"
    assert [shard.first_token for shard in shards] == [0, 0, 7, 0]


def test_the_digest_changes_with_a_token(folder, tmp_path):
    documents = documents_of(5, 6)
    (one,) = write_shards(folder, {"train/web/00000": documents})
    documents[1][0] += 1
    (two,) = write_shards(Folder(str(tmp_path / "two")), {"train/web/00000": documents})
    assert one.digest != two.digest


def test_boundaries_that_are_not_the_indexs_are_noticed(folder, tmp_path):
    (shard,) = write_shards(folder, {"train/web/00000": documents_of(5, 6)})
    path = tmp_path / shard.path
    damaged = bytearray(path.read_bytes())
    damaged[shard.rows.column("offsets_position")[0].as_py() + 4] = 0  # 0, 5, 11 is now 0, 0, 11
    path.write_bytes(damaged)
    with pytest.raises(CorruptShardError, match="boundaries are not those of 2 documents with 11"):
        shard.document_offsets(folder)


def test_a_shard_cut_short_is_noticed(folder, tmp_path):
    (shard,) = write_shards(folder, {"train/web/00000": documents_of(5, 6)})
    path = tmp_path / shard.path
    path.write_bytes(path.read_bytes()[: shard.rows.column("values_position")[0].as_py() + 10])
    with pytest.raises(CorruptShardError, match="ends before"):
        list(shard.batches(folder, FORMAT.dtype))
