from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haybale.corpus.shards import Regrouper
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.preview.preview import SourcePreview
from haybale.loaders.shards.store import CorruptBatchError, HeldBatches

Corpus = Callable[..., Path]
EOS = 1


def _documents(lengths: Sequence[int]) -> list[list[int]]:
    return [[*range(2, length + 1), EOS] for length in lengths]


def _source(path: Path, packing: str, sequence_length: int = 4) -> SourcePreview:
    (source,) = TokenDataset(path, sequence_length, packing=packing).preview().sources
    return source


def test_a_stream_cuts_documents_at_every_sample_and_drops_its_end(make_corpus: Corpus) -> None:
    # 16 tokens: inputs [0, 4), [4, 8) and [8, 12), and token 12 as a label: 3 are dropped. Of the
    # documents [0, 4), [4, 8), [8, 11) and [11, 16) the last is cut.
    source = _source(make_corpus({"web": [_documents([4, 4, 3, 5])]}), "concatenate")
    assert (source.samples, source.dropped_tokens, source.padding_fraction) == (3, 3, 0.0)
    assert (source.documents, source.cut_fraction) == (4, 0.25)


def test_sequences_from_a_documents_start_drop_tails_and_pad_the_last(make_corpus: Corpus) -> None:
    # 4 | 4 | 3 and 1 of 5, whose other 4 are dropped | 2 and 2 of padding, of 16 positions in all.
    source = _source(make_corpus({"web": [_documents([4, 4, 3, 5, 2])]}), "document_start")
    assert (source.samples, source.dropped_tokens, source.padding_fraction) == (4, 4, 2 / 16)
    assert (source.documents, source.cut_fraction) == (5, 0.2)


def test_best_fit_cuts_only_what_is_longer_than_a_sequence(make_corpus: Corpus) -> None:
    # The document of 5 is cut to 4 and 1: pieces of 4, 4, 3 + 1 and 1, with 3 of padding.
    corpus = make_corpus({"web": [_documents([3, 5, 4, 1])]}, packings=[("best_fit", 4)])
    source = _source(corpus, "best_fit")
    assert (source.samples, source.dropped_tokens, source.padding_fraction) == (4, 0, 3 / 16)
    assert (source.documents, source.cut_fraction) == (4, 0.25)


@pytest.fixture
def tiny_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record batches of 8 tokens and a document."""
    monkeypatch.setattr(Regrouper.__init__, "__defaults__", (8,))


LENGTHS = st.lists(st.lists(st.integers(1, 12), min_size=4, max_size=12), min_size=1, max_size=3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LENGTHS)
def test_documents_cut_are_counted_over_shards_and_record_batches(
    tiny_batches: None,
    tmp_path_factory: pytest.TempPathFactory,
    corpus_writer: Corpus,
    shards: list[list[int]],
) -> None:
    path = corpus_writer(
        tmp_path_factory.mktemp("made"), {"web": [_documents(lengths) for lengths in shards]}
    )
    lengths = [length for shard in shards for length in shard]
    if sum(lengths) < 6:
        return
    # In the stream a document is whole if all its tokens have the same sample number.
    samples = np.arange(sum(lengths)) // 5
    last = (sum(lengths) - 1) // 5 - 1
    pieces = np.split(samples, np.cumsum(lengths)[:-1])
    cut = sum(piece[0] != piece[-1] or piece[-1] > last for piece in pieces)
    source = _source(path, "concatenate", 5)
    assert source.documents == len(lengths)
    assert source.cut_fraction == cut / len(lengths)
    # From documents' starts it is cut if it does not fit into what is left of a sequence.
    cut = dropped = 0
    for shard in shards:
        room = 0
        for length in shard:
            room = room or 5
            cut += length > room
            dropped += max(0, length - room)
            room = max(0, room - length)
    source = _source(path, "document_start", 5)
    assert source.cut_fraction == cut / len(lengths)
    assert source.dropped_tokens == dropped
    positions = 5 * source.samples
    assert source.padding_fraction == (positions - sum(lengths) + dropped) / positions


def test_a_remote_source_is_looked_at_in_four_places(
    make_corpus: Corpus, tiny_batches: None
) -> None:
    # 20 documents of 8 tokens are 20 record batches.
    dataset = TokenDataset(make_corpus({"web": [_documents([8] * 20)]}), 4)
    assert dataset.preview().sources[0].documents == 20
    dataset._corpus = replace(dataset._corpus, remote=True)
    assert dataset.preview().sources[0].documents == 4


def test_damaged_record_batches_are_passed_over(
    make_corpus: Corpus, tiny_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = TokenDataset(make_corpus({"web": [_documents([8] * 20)]}), 4)
    hold = dataset._corpus.store.hold

    def damaged(rows: np.ndarray) -> HeldBatches:
        if 3 in rows:
            raise CorruptBatchError("damaged", 3)
        return hold(rows)

    monkeypatch.setattr(dataset._corpus.store, "hold", damaged)
    assert dataset.preview().sources[0].documents == 19


def test_what_cannot_be_looked_at_is_not_measured(
    make_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = TokenDataset(make_corpus({"web": [_documents([8] * 20)]}), 4)

    def damaged(rows: np.ndarray) -> HeldBatches:
        raise CorruptBatchError("damaged", int(rows[0]))

    monkeypatch.setattr(dataset._corpus.store, "hold", damaged)
    preview = dataset.preview()
    assert preview.sources[0].cut_fraction is None
    assert str(preview).endswith("not measured")
