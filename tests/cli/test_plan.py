import json
import tomllib

import pytest

from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder
from haybale.scaling.laws import BESIROGLU
from haybale.scaling.repetition import DataConstrainedLoss

NUM_PIECES = 8_000


def write_corpus(folder, tokens, weights):
    """A manifest, which is all that a plan reads of a corpus."""
    counts = {"documents": 1, "text_bytes": 1, "shards": 1}
    manifest = Manifest(
        name="planned",
        recipe={},
        lineage={},
        totals={"train": {name: {**counts, "tokens": num} for name, num in tokens.items()}},
        weights=weights,
        tokens=TokenFormat("0" * 32, NUM_PIECES, -1, 1, 0),
        files=(),
    )
    write_manifest(Folder(str(folder)), manifest)
    return folder


@pytest.fixture
def corpus(tmp_path):
    """Half and half of 1 and 9 billion tokens."""
    tokens = {"a": 1_000_000_000, "b": 9_000_000_000}
    return write_corpus(tmp_path / "out", tokens, {"a": 0.5, "b": 0.5})


@pytest.fixture
def planned(run):
    """Runs `plan --json` and gives what it printed."""

    def plan(*arguments):
        status, out, err = run("plan", *arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return plan


def test_a_budget_has_a_row_of_each_approach(planned):
    found = planned("--flops", "5.76e23")
    assert [row["approach"] for row in found["approaches"]] == [1, 2, 3]
    # Hoffmann et al. 2022: 67, 63 and 40 billion at Gopher's budget.
    sizes = [row["params"] / 1e9 for row in found["approaches"]]
    assert sizes == pytest.approx([67, 63, 40.4], rel=0.005)
    for row in found["approaches"]:
        assert row["flops"] == pytest.approx(5.76e23)
        assert row["tokens"] == pytest.approx(5.76e23 / 6 / row["params"])
    assert found["plan"]["params"] == found["corrected"]["params"]


def test_size_tokens_and_gpu_hours_are_budgets_too(planned):
    assert planned("--params", "70e9")["plan"]["params"] == pytest.approx(70e9)
    assert planned("--tokens", "1.4e12")["plan"]["tokens"] == pytest.approx(1.4e12)
    # 200 hours of 3,600 seconds at 989e12 x 0.4.
    found = planned("--gpu-hours", "200", "--gpu", "H200", "--mfu", "0.4", "--gpus", "8")
    assert found["plan"]["flops"] == pytest.approx(2.848e20, rel=0.001)
    assert found["hardware"]["gpu_hours"] == pytest.approx(200)
    assert found["hardware"]["wall_hours"] == pytest.approx(25)


def test_the_approach_named_makes_the_plan(planned):
    found = planned("--flops", "1e21", "--approach", "2")
    assert found["plan"]["params"] == found["approaches"][1]["params"]


def test_the_recipe_written_is_the_plan(planned, run, fails, tmp_path):
    path = tmp_path / "planned.toml"
    arguments = ("--flops", "1e19", "--vocabulary", "16000", "--output", path)
    found = planned(*arguments)
    recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    trained = found["architecture"]["trained"]
    assert recipe["model"] == {name: trained[name] for name in ("depth", "width", "heads")}
    assert recipe["training"]["tokens"] == found["schedule"]["tokens"]
    assert trained["params"] == pytest.approx(found["plan"]["params"], rel=0.04)
    status, err = fails("plan", *arguments)
    assert status == 2
    assert "planned.toml exists" in err


def test_a_corpus_has_epochs_and_its_own_vocabulary(planned, corpus):
    found = planned("--tokens", "6e9", "--corpus", corpus)
    # 3 billion of each: 3 epochs of a, a third of b.
    subsets = {row["name"]: row for row in found["data"]["subsets"]}
    assert subsets["a"]["epochs"] == pytest.approx(3)
    assert subsets["b"]["epochs"] == pytest.approx(1 / 3)
    assert subsets["a"]["missing_tokens"] == pytest.approx(2e9)
    # 1 + 15.387756 (1 - exp(-2 / 15.387756)) = 2.8756 of a's 3 epochs.
    assert subsets["a"]["effective_tokens"] == pytest.approx(2.8756e9, rel=0.0001)
    assert found["data"]["effective_tokens"] == pytest.approx(5.8756e9, rel=0.0001)
    assert found["data"]["loss_with_repeats"] > found["plan"]["loss"]
    assert found["data"]["run_tokens_at_four_epochs"] == pytest.approx(8e9)
    assert found["architecture"]["vocabulary_size"] == NUM_PIECES


def test_a_corpus_alone_is_a_budget_as_long_as_it_lasts(planned, corpus):
    # It has 10 billion tokens; four epochs of a, half of the run, are 8 billion.
    assert planned("--corpus", corpus)["plan"]["tokens"] == pytest.approx(8e9)
    longer = planned("--corpus", corpus, "--max-epochs", "10")
    assert longer["plan"]["tokens"] == pytest.approx(10e9)


def test_a_corpus_that_is_too_small_is_refused_unless_told(planned, fails, corpus):
    # 5 billion of a's 1 are five epochs.
    status, err = fails("plan", "--tokens", "1e10", "--corpus", corpus)
    assert status == 2
    assert "would read a 5.00 times, and 4 are allowed" in err
    told = planned("--tokens", "1e10", "--corpus", corpus, "--max-epochs", "5")
    assert told["data"]["subsets"][0]["epochs"] == pytest.approx(5)


def test_a_corpus_below_the_smallest_architecture_still_says_how_long_it_lasts(
    planned, run, fails, tmp_path
):
    tiny = write_corpus(tmp_path / "tiny", {"a": 50_000}, {"a": 1.0})
    found = planned("--corpus", tiny)
    assert found["architecture"]["trained"] is None
    assert found["data"]["run_tokens_without_repeats"] == 50_000
    assert "architecture   none: the smallest has" in run("plan", "--corpus", tiny)[1]
    status, err = fails("plan", "--corpus", tiny, "--output", tmp_path / "planned.toml")
    assert status == 2
    assert "below the smallest architecture" in err
    assert not (tmp_path / "planned.toml").exists()


def test_inference_makes_the_model_smaller(planned):
    without = planned("--flops", "1e22")["plan"]
    found = planned("--flops", "1e22", "--inference-tokens", "1e13")
    assert found["plan"]["params"] < without["params"]
    assert found["plan"]["loss"] == pytest.approx(without["loss"])
    assert found["inference"]["without"]["params"] == without["params"]
    assert planned("--flops", "1e22", "--inference-tokens", "0")["plan"] == without


def test_famous_models_are_compared(planned, run):
    rows = {row["name"]: row for row in planned("--famous")}
    assert len(rows) == 7
    # 300 / 280 tokens per parameter.
    assert rows["Gopher"]["tokens_per_parameter"] == pytest.approx(1.0714, abs=0.0001)
    assert rows["Gopher"]["best"]["loss"] < rows["Gopher"]["loss"]
    assert "Chinchilla     70B    1.4T" in run("plan", "--famous")[1]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_famous_models_are_drawn_against_the_frontiers(run, tmp_path, suffix):
    once, twice = tmp_path / f"once.{suffix}", tmp_path / f"twice.{suffix}"
    for path in (once, twice):
        assert run("plan", "--famous", "--plot", path)[0] == 0
    assert once.read_bytes() == twice.read_bytes()
    if suffix == "svg":
        drawn = once.read_text(encoding="utf-8")
        for name in ("MT-NLG", "PaLM", "approach 1", "corrected", "Kaplan et al. 2020"):
            assert f">{name}</text>" in drawn


def test_repeats_cost_what_the_data_constrained_law_says(planned, corpus):
    # 1 + 3 = 4 of 6 billion tokens are unique, worth 5.8756. They call for 0.67^1.05 of the size,
    # whose excess wears off by 5.31 too.
    found = planned("--tokens", "6e9", "--corpus", corpus)
    law = DataConstrainedLoss(BESIROGLU)
    expected = law.loss_of_mixture(found["plan"]["params"], 4e9, 5.8756e9)
    assert found["data"]["loss_with_repeats"] == pytest.approx(expected, rel=1e-5)
    assert found["data"]["loss_with_repeats"] > BESIROGLU.loss(found["plan"]["params"], 5.8756e9)


def test_people_are_told_of_the_interval_that_leaves_out_its_own_value(run):
    out = run("plan", "--flops", "1e22")[1]
    told = [line for line in out.splitlines() if "leaves out its own exponent" in line]
    assert [line.split(":")[0].strip() for line in told] == ["approach 3"]


def test_a_corpus_without_a_training_split_is_said_so(fails, tmp_path):
    empty = write_corpus(tmp_path / "empty", {}, {"a": 1.0})
    assert "a: has weight 1 and no training tokens" in fails("plan", "--corpus", empty)[1]


def test_a_recipe_that_cannot_be_written_is_said_so(fails, tmp_path):
    status, err = fails("plan", "--flops", "1e20", "--output", tmp_path / "none" / "planned.toml")
    assert status == 2
    assert "planned.toml cannot be written: No such file" in err


def test_the_plan_for_people_names_everything_on_its_lines(run, corpus):
    status, out, _ = run(
        "plan", "--tokens", "6e9", "--corpus", corpus, "--gpu", "h100", "--mfu", "0.5"
    )
    assert status == 0
    for part in (
        "approach 1: minima of training curves",
        "corrected: approach 3, fitted anew",
        "architecture",
        "learning rate",
        "on 1 h100 at 50% of peak",
        "worth 5.88B fresh tokens, 97.9%; repeats raise the predicted loss from ",
        "nothing is read more than four times",
        "the corpus lasts for 2B tokens without repeats, for 8B with four epochs of a",
    ):
        assert part in out


def test_a_run_as_long_as_its_corpus_lasts_reads_nothing_more_than_four_times(run, tmp_path):
    # 4 * 119,758 / 0.27 tokens, of which a's share is a hair above 4 * 119,758.
    tokens = {"a": 119_758, "b": 535_606, "c": 2_448_230}
    small = write_corpus(tmp_path / "small", tokens, {"a": 0.27, "b": 0.48, "c": 0.25})
    assert "nothing is read more than four times" in run("plan", "--corpus", small)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a budget"),
        (("--flops", "1e20", "--params", "1e9"), "one budget, found --flops and --params"),
        (("--tokens", "1e9", "--gpu-hours", "1", "--gpu", "l4"), "--tokens and --gpu-hours"),
        (("--flops", "1e15"), "below the smallest architecture"),
        (("--flops", "many"), "--flops: expected a number above 0, found 'many'"),
        (("--flops", "-1"), "--flops: expected a number above 0"),
        (("--flops", "1e20", "--inference-tokens", "-1"), "expected a number of at least 0"),
        (("--params", "1e300"), "params: expected a number from 1 to 1e+40"),
        (("--flops", "1e20", "--gpu", "h100", "--mfu", "1.2"), "mfu: expected above 0"),
        (("--flops", "1e20", "--gpu", "h100", "--mfu", "0"), "--mfu: expected a number above 0"),
        (("--flops", "1e20", "--gpu", "c64"), "gpu: expected one of a100"),
        (("--flops", "1e20", "--gpu", "h100", "--gpus", "1.5"), "--gpus: expected a whole number"),
        (("--gpu-hours", "10"), "--gpu-hours: needs the GPU too"),
        (("--flops", "1e20", "--mfu", "0.4"), "--mfu: needs the GPU too"),
        (("--flops", "1e20", "--max-epochs", "5"), "--max-epochs: says how often a corpus"),
        (("--flops", "1e20", "--approach", "4"), "--approach: expected one of 1, 2, 3, corrected"),
        (("--flops", "1e20", "--approach", "1", "--inference-tokens", "1e9"), "no law of loss"),
        (("--params", "1e12", "--output", "never.toml"), "a recipe needs an architecture"),
        (("--famous", "--flops", "1e20"), "--famous plans no run, so --flops does nothing"),
        (("--famous", "--approach", "2"), "approach 2 predicts no loss"),
        (("--famous", "--plot", "famous.pdf"), "ends in .png or .svg"),
        (("--famous", "--plot", "none/famous.png"), "no folder none; make it"),
        (("--flops", "1e20", "--plot", "plan.png"), "--plot: draws large models"),
        (("--flops", "1e20", "--inference-tokens", "1e21"), "expected at most 1e+20, found '1e21'"),
        (("--flops", "1e20", "--gpu", "h100", "--gpus", "1e300"), "--gpus: expected at most 1e+09"),
        (("--flops", "1e20", "--vocabulary", "1e300"), "--vocabulary: expected at most 1e+09"),
        (("--flops", "1e20", "--gpu", "h100", "--mfu", "40"), "found 40: a share, not per cent"),
    ],
)
def test_a_mistake_takes_one_line_and_exits_2(fails, arguments, message):
    status, err = fails("plan", *arguments)
    assert status == 2
    assert message in err


def test_a_corpus_has_one_vocabulary(fails, corpus):
    status, err = fails("plan", "--corpus", corpus, "--vocabulary", "100")
    assert status == 2
    assert "--vocabulary: the corpus has a tokenizer of its own" in err


def test_a_folder_that_is_no_corpus_is_said_so(fails, tmp_path):
    assert "expected a finished corpus" in fails("plan", "--corpus", tmp_path)[1]
