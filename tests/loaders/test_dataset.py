import json
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, RandomSampler

from haybale.corpus.errors import CorruptShardError, ManifestMismatchError, RecipeError
from haybale.corpus.storage import Folder
from haybale.corpus.token_places import token_at
from haybale.loaders import Cache, Stage, TokenDataset

Corpus = Callable[..., Path]
EOS = 1


def test_a_sample_is_as_worked_out_by_hand(make_corpus: Corpus) -> None:
    # The stream is 5 6 1 | 7 1 | 8 9 10 11 1; with T = 4 its samples are 5 6 1 7 (1) and
    # 1 8 9 10 (11); the last token begins no sample any more.
    corpus = make_corpus({"books": [[[5, 6, EOS], [7, EOS]], [[8, 9, 10, 11, EOS]]]})
    dataset = TokenDataset(corpus, sequence_length=4, shuffle=None)
    assert len(dataset) == 2
    first, second = dataset[0], dataset[1]
    assert first["input_ids"].tolist() == [5, 6, 1, 7]
    assert first["labels"].tolist() == [6, 1, -100, 1]  # 7 begins a document
    assert first["position_ids"].tolist() == [0, 1, 2, 0]
    assert first["cu_seqlens"].tolist() == [0, 3, 4, 4, 4]
    assert second["input_ids"].tolist() == [1, 8, 9, 10]
    assert second["labels"].tolist() == [-100, 9, 10, 11]  # 8 begins a document and a shard
    assert second["position_ids"].tolist() == [0, 0, 1, 2]
    assert second["cu_seqlens"].tolist() == [0, 1, 4, 4, 4]


def test_a_document_beginning_at_the_last_label_is_not_predicted(make_corpus: Corpus) -> None:
    corpus = make_corpus({"books": [[[5, 6, 7, EOS], [8, EOS]]]})
    sample = TokenDataset(corpus, sequence_length=4, shuffle=None)[0]
    assert sample["labels"].tolist() == [6, 7, EOS, -100]
    assert sample["cu_seqlens"].tolist() == [0, 4, 4, 4, 4]


def test_the_last_sample_needs_one_more_token_for_its_label(make_corpus: Corpus) -> None:
    corpus = make_corpus({"books": [[[5, 6, 7, EOS], [8, 9, 10, EOS]]]})
    dataset = TokenDataset(corpus, sequence_length=4, shuffle=None)
    assert len(dataset) == 1  # of 8 tokens; 9 would make two
    # 9 10 1; 8 is the sample's last label.
    assert dataset.preview().sources[0].dropped_tokens == 3


def test_documents_of_one_token_fill_the_boundaries(make_corpus: Corpus) -> None:
    corpus = make_corpus({"books": [[[EOS]] * 9]})
    sample = TokenDataset(corpus, sequence_length=4, shuffle=None)[1]
    assert sample["cu_seqlens"].tolist() == [0, 1, 2, 3, 4]
    assert sample["labels"].tolist() == [-100] * 4


def test_items_have_the_stated_types(two_subsets: Path) -> None:
    sample = TokenDataset(two_subsets, sequence_length=16)[0]
    assert {name: (array.dtype.name, array.shape) for name, array in sample.items()} == {
        "input_ids": ("int64", (16,)),
        "labels": ("int64", (16,)),
        "position_ids": ("int32", (16,)),
        "cu_seqlens": ("int32", (17,)),
    }


def test_ids_beyond_16_bits_are_read_as_written(make_corpus: Corpus) -> None:
    corpus = make_corpus({"books": [[[70_000, 199_999, 65_536, EOS]]]}, vocabulary_size=200_000)
    sample = TokenDataset(corpus, sequence_length=3, shuffle=None)[0]
    assert sample["input_ids"].tolist() == [70_000, 199_999, 65_536]


def _stream(corpus: Path, subset: str) -> tuple[list[int], list[bool]]:
    """All tokens of a subset, and which of them begin a document, by Arrow's own reader."""
    import pyarrow as pa

    tokens: list[int] = []
    begins: list[bool] = []
    for path in sorted(corpus.glob(f"shards/train/{subset}/*.arrow")):
        for document in pa.ipc.open_file(path).read_all().column("tokens").to_pylist():
            tokens += document
            begins += [True] + [False] * (len(document) - 1)
    return tokens, begins


def test_one_pass_holds_every_chunk_of_every_stream_exactly_once(two_subsets: Path) -> None:
    length = 16
    dataset = TokenDataset(two_subsets, sequence_length=length, weights=None)
    expected: Counter[tuple[int, ...]] = Counter()
    for subset in ("books", "web"):
        tokens, begins = _stream(two_subsets, subset)
        for start in range(0, len(tokens) - length, length):
            labels = [
                -100 if begins[at] else tokens[at] for at in range(start + 1, start + length + 1)
            ]
            expected[(*tokens[start : start + length], *labels)] += 1
    found = Counter(
        (*sample["input_ids"].tolist(), *sample["labels"].tolist())
        for sample in map(dataset.__getitem__, range(len(dataset)))
    )
    assert found == expected


def test_positions_and_boundaries_restart_at_each_document(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, sequence_length=16, shuffle=None, weights={
        "books": 1, "web": 0,
    })  # fmt: skip
    _, begins = _stream(two_subsets, "books")
    for number in range(len(dataset)):
        sample, inside = dataset[number], begins[number * 16 : number * 16 + 16]
        starts = [at for at in range(16) if at == 0 or inside[at]]
        assert sample["cu_seqlens"].tolist() == starts + [16] * (17 - len(starts))
        assert sample["position_ids"].tolist() == [
            at - max(start for start in starts if start <= at) for at in range(16)
        ]


def test_without_shuffle_a_subset_is_read_in_order(two_subsets: Path) -> None:
    weights = {"books": 1.0, "web": 0.0}
    dataset = TokenDataset(two_subsets, sequence_length=16, shuffle=None, weights=weights)
    read = [token for index in range(len(dataset)) for token in dataset[index]["input_ids"]]
    assert read == _stream(two_subsets, "books")[0][: len(read)]


def _drawn(dataset: TokenDataset, num_samples: int) -> list[bytes]:
    return [dataset.sample(position)["input_ids"].tobytes() for position in range(num_samples)]


def test_seeds_and_epochs_shuffle_anew_but_hold_the_same_samples(two_subsets: Path) -> None:
    first, other = (
        TokenDataset(two_subsets, sequence_length=16, seed=seed, weights=None) for seed in (0, 1)
    )
    size = len(first)
    both_epochs = _drawn(first, 2 * size)
    other_seed = _drawn(other, size)
    assert sorted(both_epochs[:size]) == sorted(both_epochs[size:]) == sorted(other_seed)
    assert both_epochs[:size] != both_epochs[size:]
    assert both_epochs[:size] != other_seed


def test_shares_follow_the_manifests_weights(two_subsets: Path) -> None:
    # Tokens of "web" begin at 20,000, so a sample tells its subset. 200 samples at 0.7 and 0.3.
    dataset = TokenDataset(two_subsets, sequence_length=16)
    from_web = sum(int(dataset.sample(i)["input_ids"].max()) >= 20_000 for i in range(200))
    assert abs(from_web - 60) <= 2


def test_the_preview_adds_up(two_subsets: Path) -> None:
    preview = TokenDataset(two_subsets, sequence_length=16).preview()
    for source, share in zip(preview.sources, preview.stages, strict=True):
        tokens = _stream(two_subsets, source.source)[0]
        # The last sample's last label is a token, too.
        assert source.tokens == len(tokens)
        assert source.samples * 16 + 1 + source.dropped_tokens == len(tokens)
        assert share.epochs == source.epochs == share.samples / source.samples
    assert [share.declared_fraction for share in preview.stages] == [0.7, 0.3]
    assert preview.samples == sum(source.samples for source in preview.sources)


def test_a_samples_documents_are_where_the_shards_say(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, sequence_length=16)
    folder = Folder(str(two_subsets))
    for position in range(0, len(dataset), 7):
        spans = dataset.documents(position)
        starts = np.cumsum([0, *(span.length for span in spans)]).tolist()
        boundaries = dataset[position]["cu_seqlens"].tolist()
        assert starts == boundaries[: len(starts)]
        for span in spans:
            assert token_at(folder, span.shard, span.start).doc_id.hex() == span.doc_id
            last = token_at(folder, span.shard, span.start + span.length - 1)
            assert last.doc_id.hex() == span.doc_id


@pytest.mark.parametrize("num_workers", [0, 2])
def test_torchs_dataloader_and_samplers_take_it(two_subsets: Path, num_workers: int) -> None:
    dataset = TokenDataset(two_subsets, sequence_length=16)
    generator = torch.Generator().manual_seed(0)
    loader: DataLoader[dict[str, torch.Tensor]] = DataLoader(
        dataset,  # type: ignore[arg-type]
        batch_size=4,
        sampler=RandomSampler(dataset, generator=generator),
        num_workers=num_workers,
    )
    batches = list(loader)
    assert batches[0]["input_ids"].shape == (4, 16)
    assert batches[0]["cu_seqlens"].shape == (4, 17)
    assert batches[0]["labels"].dtype == torch.int64
    found = sorted(row.numpy().tobytes() for batch in batches for row in batch["input_ids"])
    assert found == sorted(_drawn(dataset, len(dataset)))


def test_a_pickled_dataset_is_small_and_reads_the_same(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, sequence_length=16)
    expected = dataset[5]["input_ids"].tolist()  # maps a shard
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy[5]["input_ids"].tolist() == expected


def test_numbers_of_numpy_are_as_good_as_pythons(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, np.int64(16), np.int32(3))  # type: ignore[arg-type]
    same = TokenDataset(two_subsets, 16, 3)
    assert dataset[np.int64(5)]["input_ids"].tolist() == same[5]["input_ids"].tolist()
    assert json.dumps(dataset.order_facts()) == json.dumps(same.order_facts())
    assert dataset.__getitems__([]) == []
    with pytest.raises(TypeError):
        dataset[1.5]  # type: ignore[index]


@pytest.mark.parametrize("index", [-1, 10**6])
def test_an_index_outside_the_pass_is_an_index_error(two_subsets: Path, index: int) -> None:
    with pytest.raises(IndexError, match="the dataset has"):
        TokenDataset(two_subsets, sequence_length=16)[index]


def test_iterating_ends_after_one_pass(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, sequence_length=16)
    assert sum(1 for _ in dataset) == len(dataset)  # type: ignore[attr-defined]


def test_a_truncated_shard_is_named_at_open(two_subsets: Path) -> None:
    shard = two_subsets / "shards/train/web/00001.arrow"
    size = shard.stat().st_size
    with shard.open("r+b") as file:
        file.truncate(size - 8)
    with pytest.raises(
        CorruptShardError, match=rf"web/00001\.arrow: expected {size} bytes, found {size - 8}"
    ):
        TokenDataset(two_subsets, sequence_length=16)


def test_a_missing_shard_is_named_at_open(two_subsets: Path) -> None:
    (two_subsets / "shards/train/books/00002.arrow").unlink()
    with pytest.raises(CorruptShardError, match=r"books/00002\.arrow: .* found no file"):
        TokenDataset(two_subsets, sequence_length=16)


def test_a_folder_without_a_manifest_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(ManifestMismatchError, match="haybale build"):
        TokenDataset(tmp_path)


def test_a_weighted_subset_shorter_than_a_sample_is_refused_with_numbers(
    make_corpus: Corpus,
) -> None:
    corpus = make_corpus({"books": [[[5] * 50 + [EOS]]], "web": [[[6, 7, EOS]]]})
    with pytest.raises(RecipeError, match=r"a sample is 16 \+ 1 tokens, and web has 3"):
        TokenDataset(corpus, sequence_length=16)
    natural = TokenDataset(corpus, sequence_length=16, weights=None)
    assert natural.locate(range(6))[0].tolist() == [0] * 6  # 50 // 16 = 3 samples, books only
    with pytest.raises(RecipeError, match=r"64 \+ 1 tokens, and no subset .* more than 51"):
        TokenDataset(corpus, sequence_length=64, weights=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequence_length": 0}, "at least 1, found 0"),
        ({"sequence_length": True}, "sequence_length: expected a whole number .* found True"),
        ({"seed": 3.0}, r"seed: expected a whole number, found 3\.0"),
        ({"seed": None}, "seed: expected a whole number, found None"),
        ({"weights": "corpse"}, "weights: expected 'corpus', None or a mapping"),
        ({"stages": [{"web": 1.0}]}, r"stages\[0\]: expected a Stage"),
        ({"sequence_length": 16, "weights": {"books": "1", "web": 1}}, r"weights\.books: .* '1'"),
        (
            {
                "sequence_length": 16,
                "stages": [Stage({"web": 1.0}, tokens=160)],
                "max_epochs": {"books": 2},
            },
            r"max_epochs\.books: no stage draws from it",
        ),
        ({"block_tokens": 100}, "block_tokens: has an effect with shuffle='block' only"),
        ({"shuffle": "blocks"}, "'full', 'block' or None, found 'blocks'"),
        ({"split": "trian"}, "no 'trian'; did you mean 'train'"),
        ({"weights": {"books": 1.0, "wbe": 1.0}}, "no subset 'wbe' .* did you mean 'web'"),
        ({"weights": {"books": 1.0}}, "give web one too"),
        (
            {"sequence_length": 16, "weights": {"books": -1.0, "web": 1.0}},
            r"weights\.books: expected a number",
        ),
        ({"weights": None, "stages": [Stage({"web": 1.0})]}, "each stage has its own"),
        ({"max_epochs": 2}, "max_epochs: needs a plan with an end"),
        ({"cache": Cache()}, "cache: has no effect"),
        ({"cache": "folder"}, r"cache: expected Cache\(folder='folder'\)"),
        ({"verify": "no"}, "verify: expected True, False or None, found 'no'"),
        ({"stages": Stage({"web": 1.0})}, "stages: expected a list of stages"),
        ({"packing": None}, "packing: unknown None"),
        (
            {"shuffle": "block", "window_blocks": 0},
            "window_blocks: expected a whole number of at least 1, found 0",
        ),
        (
            {"shuffle": "block", "block_tokens": 1.5},
            "block_tokens: expected a whole number of at least 1, found 1.5",
        ),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    two_subsets: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        TokenDataset(two_subsets, **options)  # type: ignore[arg-type]


def test_a_file_uri_is_a_local_path(two_subsets: Path) -> None:
    dataset = TokenDataset(f"file://{two_subsets}", sequence_length=16)
    expected = TokenDataset(two_subsets, sequence_length=16)[3]["input_ids"].tolist()
    assert dataset[3]["input_ids"].tolist() == expected
    assert dataset.shuffle == "full"


def test_a_uri_as_a_path_is_refused() -> None:
    with pytest.raises(RecipeError, match="a URI is no Path"):
        TokenDataset(Path("s3://bucket/corpus"))
