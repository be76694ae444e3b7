import json
from collections.abc import Callable
from pathlib import Path

import pytest

from haybale.corpus.errors import RecipeError
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.mixture.stages import Stage

Corpus = Callable[..., Path]
EOS = 1


def _documents(*lengths: int) -> list[list[int]]:
    return [[*range(2, length + 1), EOS] for length in lengths]


@pytest.fixture
def corpus(make_corpus: Corpus) -> Path:
    # At 4 tokens a sample, one of 41 makes 10 and one of 161 makes 40 (the last token of each is
    # only a label), and notes of 3 tokens make none.
    subsets = {"books": [_documents(41)], "notes": [_documents(3)], "web": [_documents(161)]}
    return make_corpus(subsets, weights={"books": 0.5, "notes": 0.0, "web": 0.5})


def test_a_plan_is_counted_stage_by_stage(corpus: Path) -> None:
    # 12 samples at 1 : 1 are 6 and 6, 16 at 3 : 1 are 12 and 4, and the last 2 make books' 20: two
    # epochs, as many as it may give.
    stages = [
        Stage({"books": 1, "web": 1}, 48),
        Stage({"books": 3, "web": 1}, 64),
        Stage({"books": 1}, 8),
    ]
    dataset = TokenDataset(corpus, 4, stages=stages, max_epochs=2)
    preview = dataset.preview()
    assert (preview.samples, preview.tokens) == (30, 120)
    # 20 samples of books are its 10 twice; web gave 6 + 4 of its 40.
    assert preview.unique_tokens == 4 * (10 + 10)
    found = [
        (row.stage, row.source, row.samples, row.tokens, row.epochs, row.total_epochs)
        for row in preview.stages
    ]
    assert found == [
        (0, "books", 6, 24, 0.6, 0.6),
        (0, "web", 6, 24, 0.15, 0.15),
        (1, "books", 12, 48, 1.2, 1.8),
        (1, "web", 4, 16, 0.1, 0.25),
        (2, "books", 2, 8, 0.2, 2.0),
    ]
    assert [row.unique_fraction for row in preview.stages] == [0.6, 0.15, 1.0, 0.25, 1.0]
    epochs = {source.source: source.epochs for source in preview.sources}
    assert epochs == {"books": 2.0, "notes": 0.0, "web": 0.25}


def test_what_is_read_more_than_four_times_is_told(corpus: Path) -> None:
    # 40 and 41 samples of books, which has 10.
    assert "note:" not in str(
        TokenDataset(corpus, 4, weights={"books": 1, "notes": 0, "web": 0}).preview(160)
    )
    told = str(TokenDataset(corpus, 4, weights={"books": 1, "notes": 0, "web": 0}).preview(164))
    assert "note: read books 4.10 times; beyond 4 repeated text" in told


def test_declared_and_drawn_differ_where_a_cap_binds(corpus: Path) -> None:
    # Half of 40 samples would be 20 of books, but one epoch has 10; web gives 30.
    dataset = TokenDataset(corpus, 4, stages=[Stage({"books": 1, "web": 1}, 160)], max_epochs=1)
    rows = dataset.preview().stages
    assert [(row.declared_fraction, row.drawn_fraction) for row in rows] == [
        (0.5, 0.25),
        (0.5, 0.75),
    ]


def test_a_run_may_end_within_a_stage(corpus: Path) -> None:
    stages = [Stage({"books": 1}, 40), Stage({"web": 1}, 40), Stage({"books": 1}, 40)]
    preview = TokenDataset(corpus, 4, stages=stages).preview(tokens=60)
    assert [(row.stage, row.samples) for row in preview.stages] == [(0, 10), (1, 5)]


def test_a_sequence_without_end_is_previewed_for_one_pass_or_as_asked(corpus: Path) -> None:
    dataset = TokenDataset(corpus, 4)
    assert dataset.preview().samples == len(dataset) == 50
    (books, web) = dataset.preview(tokens=1600).stages
    assert (books.epochs, web.epochs) == (20.0, 5.0)


def test_a_run_beyond_the_stages_is_refused_with_the_tokens_there_are(corpus: Path) -> None:
    dataset = TokenDataset(corpus, 4, stages=[Stage({"web": 1}, 40)])
    with pytest.raises(RecipeError, match=r"tokens: the stages end after 40, and 44 are asked for"):
        dataset.preview(tokens=44)
    with pytest.raises(RecipeError, match="tokens: expected at least 4, one sample"):
        dataset.preview(tokens=3)


def test_a_plan_that_a_cap_forbids_is_refused(corpus: Path) -> None:
    with pytest.raises(RecipeError, match=r"leaves 40 of its 44 tokens .* to 1\.1, or .* most 40"):
        TokenDataset(corpus, 4, stages=[Stage({"books": 1}, 44)], max_epochs=1)


def test_it_prints_aligned_tables(corpus: Path) -> None:
    dataset = TokenDataset(corpus, 4, stages=[Stage({"books": 1, "web": 1}, 8000)])
    assert str(dataset.preview()).splitlines() == [
        "8,000 tokens in 2,000 samples of 4; 200 of them for the first time",
        "",
        "stage  source  declared   drawn  tokens  samples  epochs  so far    seen",
        "0      books     50.00%  50.00%   4,000    1,000  100.00  100.00  100.0%",
        "0      web       50.00%  50.00%   4,000    1,000   25.00   25.00  100.0%",
        "",
        "source  tokens  samples  epochs  padding  dropped  documents cut",
        "books       41       10  100.00    0.00%        0    100.0% of 1",
        "notes        3        0    0.00    0.00%        3    100.0% of 1",
        "web        161       40   25.00    0.00%        0    100.0% of 1",
        "note: read books 100.00 times, web 25.00 times; beyond 4 repeated text is worth less than "
        "fresh (haybale plan says how much)",
    ]


def test_programs_read_it_as_json(corpus: Path) -> None:
    preview = TokenDataset(corpus, 4).preview()
    read = json.loads(json.dumps(preview.as_json()))
    assert read["tokens"] == 200
    assert read["stages"][1]["source"] == "web"
    assert read["sources"][2]["epochs"] == preview.sources[2].epochs
