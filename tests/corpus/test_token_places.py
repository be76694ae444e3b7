import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.corpus.token_places import token_at


def test_every_token_of_every_shard_leads_to_its_document(built):
    import pyarrow as pa

    folder = Folder(str(built))
    shards = indexed_shards(read_index(folder))
    assert len(shards) > 4
    for shard in shards:
        offset = 0
        for row in pa.ipc.open_file(folder.open(shard.path)).read_all().to_pylist():
            for within in (0, len(row["tokens"]) - 1):
                place = token_at(folder, shard.path, offset + within)
                assert (place.doc_id, place.within) == (row["doc_id"], within)
                assert place.ids.tolist() == row["tokens"]
            offset += len(row["tokens"])
        with pytest.raises(RecipeError, match=f"has {offset} tokens, there is none at {offset}"):
            token_at(folder, shard.path, offset)


def test_a_window_ends_where_the_document_does(built):
    place = token_at(Folder(str(built)), "shards/train/web/00000.arrow", 2)
    ids = place.ids.tolist()
    assert place.window(1) == ([ids[1]], ids[2], [ids[3]])
    assert place.window(10_000) == (ids[:2], ids[2], ids[3:])


def test_a_shard_that_is_not_there_is_answered_with_the_nearest(built):
    with pytest.raises(RecipeError, match=r"did you mean 'shards/train/web/00000\.arrow'"):
        token_at(Folder(str(built)), "shards/train/wep/00000.arrow", 0)
