"""The whole loader over a link: the same sequence as from a local disk."""

import pickle
from pathlib import Path

import pytest
from loader_remote_peer import Link

from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders import Cache, TokenDataset, TokenLoader
from haybale.loaders.loader import Batch

from .conftest import uri_of

LENGTH = 16
BLOCKS = {"block_tokens": 200, "window_blocks": 3}


@pytest.fixture
def cache(tmp_path: Path, small_cache_allowed: None) -> Cache:
    return Cache(tmp_path / "cache", max_bytes=1 << 16, readers=4)


def _rows(batches: list[Batch]) -> list[list[int]]:
    return [row for batch in batches for row in batch["input_ids"].tolist()]


def test_the_sequence_is_that_of_the_local_copy(link: Link, cache: Cache, corpus: Path) -> None:
    local = TokenDataset(corpus, LENGTH, 3, "block", **BLOCKS)
    remote = TokenDataset(uri_of(link), LENGTH, 3, cache=cache, **BLOCKS)
    assert remote.shuffle == "block"
    expected = _rows(list(TokenLoader(local, 4)))
    assert _rows(list(TokenLoader(remote, 4))) == expected
    resumed = TokenLoader(remote, 4)
    other = TokenLoader(local, 4)
    other.seek(step=7)
    resumed.load_state_dict(other.state_dict())  # a position fits wherever the corpus lies
    assert _rows(list(resumed)) == expected[28:]
    for position in (0, 11):
        assert remote.documents(position) == local.documents(position)
    assert remote.preview().stages == local.preview().stages


def test_ranks_fetch_their_own_share(link: Link, cache: Cache, corpus: Path) -> None:
    local = TokenDataset(corpus, LENGTH, 3, None)
    remote = TokenDataset(uri_of(link), LENGTH, 3, None, cache=cache)
    loaders = [TokenLoader(remote, 2, rank, 3) for rank in range(3)]
    found = [row for ranks in zip(*loaders, strict=True) for row in _rows(list(ranks))]
    assert found == _rows(list(TokenLoader(local, 6)))


def test_a_full_shuffle_needs_a_cache_that_holds_the_corpus(
    web: Link, cache: Cache, corpus: Path
) -> None:
    num_bytes = sum(path.stat().st_size for path in corpus.glob("shards/train/*/*.arrow"))
    small = Cache(cache.folder, max_bytes=2 * num_bytes - 1)
    message = rf"take 'block', or Cache\(max_bytes={2 * num_bytes}\) or more"
    with pytest.raises(RecipeError, match=message):
        TokenDataset(uri_of(web), LENGTH, shuffle="full", cache=small)
    enough = Cache(cache.folder, max_bytes=2 * num_bytes)
    remote = TokenDataset(uri_of(web), LENGTH, shuffle="full", cache=enough)
    local = TokenDataset(corpus, LENGTH, shuffle="full")
    assert _rows(list(TokenLoader(remote, 4))) == _rows(list(TokenLoader(local, 4)))


def test_damage_in_the_store_has_substitutes(web: Link, cache: Cache, corpus: Path) -> None:
    row = read_index(Folder(corpus)).to_pylist()[2]
    with (corpus / row["shard"]).open("r+b") as file:
        file.seek(row["values_position"])
        byte = file.read(1)[0]
        file.seek(row["values_position"])
        file.write(bytes([byte ^ 1]))
    options = {"on_corrupt": "substitute", **BLOCKS}
    local = TokenDataset(corpus, LENGTH, 3, "block", **options)
    remote = TokenDataset(uri_of(web), LENGTH, 3, "block", cache=cache, **options)
    assert _rows(list(TokenLoader(remote, 4))) == _rows(list(TokenLoader(local, 4)))
    assert remote.damaged == local.damaged == [f"{row['shard']}, record batch {row['batch']}"]


def test_a_remote_dataset_travels_to_another_process(web: Link, cache: Cache, corpus: Path) -> None:
    remote = TokenDataset(uri_of(web), LENGTH, 3, cache=cache, **BLOCKS)
    expected = remote[5]["input_ids"].tolist()
    assert pickle.loads(pickle.dumps(remote))[5]["input_ids"].tolist() == expected


def test_what_cannot_be_is_refused(web: Link, cache: Cache) -> None:
    with pytest.raises(RecipeError, match="verify: remote record batches are always compared"):
        TokenDataset(uri_of(web), LENGTH, verify=False, cache=cache)
    with pytest.raises(ManifestMismatchError, match="expected a finished corpus"):
        TokenDataset(f"{uri_of(web)}/nowhere", LENGTH, cache=cache)
    with pytest.raises(RecipeError, match="no 'trian'; did you mean 'train'"):
        TokenDataset(uri_of(web), LENGTH, split="trian", cache=cache)
