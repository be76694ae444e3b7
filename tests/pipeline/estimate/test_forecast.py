"""Estimates of a small corpus, held against its build: a sample of everything leaves no error."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.pipeline.estimate import forecast
from haybale.pipeline.estimate.forecast import Setting, estimate
from haybale.pipeline.estimate.lines import as_json, lines, numbers
from haybale.pipeline.estimate.prices import Prices
from haybale.pipeline.estimate.sample import build_sample
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import load_build_recipe
from haybale.pipeline.runners import Engine

pytestmark = pytest.mark.slow
SETTING = Setting(Engine(), num_cores=2, num_vcpus=8, core_speed=0.5)


def estimated(recipe, **options):
    quiet = Progress(quiet=True)
    return estimate(load_build_recipe(recipe, []), SETTING, progress=quiet, **options)


@pytest.fixture(scope="module")
def whole(undisturbed, tmp_path_factory):
    """Of a sample of everything, scaled to a million tokens; and what is left behind."""
    temporary = tmp_path_factory.mktemp("temporary")
    before = sorted(undisturbed.parent.rglob("*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        found = estimated(undisturbed.parent / "recipe.toml", num_tokens=1e6)
    assert sorted(undisturbed.parent.rglob("*")) == before
    return found, list(temporary.iterdir())


@pytest.fixture(scope="module")
def ledger(undisturbed):
    return Ledger.from_json(json.loads((undisturbed / "card/inputs.json").read_text())["ledger"])


def test_a_sample_of_everything_tells_exactly_what_the_build_holds(whole, ledger):
    load = whole[0].whole.load
    read, kept = (ledger.total(stage="ingest", outcome=outcome) for outcome in ("read", "kept"))
    left = ledger.total(stage="tokenize", outcome="kept")
    removed = ledger.total(stage="deduplicate", outcome="removed")
    for name, truth in (
        ("read", read.documents),
        ("text_bytes", read.text_bytes),
        ("kept", kept.documents),
        ("kept_bytes", kept.text_bytes),
        ("duplicates", removed.documents),
        ("left", left.documents),
        ("left_bytes", left.text_bytes),
    ):
        found = load.total(name)
        assert (found.value, found.low, found.high) == (truth, truth, truth), name
    # Sentences come in another order, so the vocabulary may differ by a piece or two.
    assert load.total("tokens").value == pytest.approx(left.tokens, rel=0.01)


def test_drops_are_told_by_subset_and_rule(whole, ledger):
    for subset, load in whole[0].whole.load.subsets.items():
        for rule, quantity in load.dropped.items():
            truth = ledger.total(stage="ingest", subset=subset, outcome="dropped", rule=rule)
            assert quantity.value == truth.documents
    assert whole[0].whole.load.subsets["web"].dropped


def test_shuffled_bytes_are_those_that_the_build_counted(whole, undisturbed):
    run = json.loads((undisturbed / "run/runs/0001.json").read_text())
    counted = {step["name"]: step["shuffled_bytes"] for step in run["steps"]}
    exact = whole[0].whole.shuffles["deduplicate/exact-text"].num_bytes
    assert exact.value == counted["deduplicate/exact-text"]
    candidates = whole[0].whole.shuffles["deduplicate/candidates"].num_bytes
    step = next(name for name in counted if name.startswith("deduplicate/candidates"))
    assert candidates.low <= counted[step] <= candidates.high


def test_nothing_is_left_behind_and_no_input_is_touched(whole):
    assert whole[1] == []


def test_scaling_is_linear_in_documents_and_tokens(whole):
    found = whole[0]
    factor = 1e6 / found.whole.load.total("tokens").value
    assert found.scaled.load.total("tokens").value == pytest.approx(1e6)
    for name in ("read", "kept", "duplicates", "left_bytes"):
        truth = found.whole.load.total(name).value * factor
        assert found.scaled.load.total(name).value == pytest.approx(truth)
    bands = "deduplicate/candidates"
    assert found.scaled.shuffles[bands].num_bytes.value == pytest.approx(
        found.whole.shuffles[bands].num_bytes.value * factor
    )


def test_disk_is_told_by_folder(whole, undisturbed):
    folders = whole[0].whole.folders
    for name in ("documents", "measures", "signatures"):
        paths = (undisturbed / name).rglob("*.arrow")
        truth = sum(path.stat().st_size for path in paths)
        # Pieces here are other than parts, and Arrow files have heads of hundreds of bytes.
        assert folders[name].value == pytest.approx(truth, rel=0.35), name


def test_half_the_speed_is_twice_the_vcpu_hours(whole):
    forecast = whole[0].whole
    work = sum(cost.work.value for cost in forecast.costs.values())
    started = forecast.dataflow.num_jobs * 60 * 8  # each job keeps 8 vCPUs waiting for a minute
    assert forecast.dataflow.vcpu_hours.value == pytest.approx((work / 0.5 + started) / 3600)


def test_every_number_says_where_it_comes_from(whole):
    origins = {"measured", "computed", "assumed", "given"}
    for line in lines(whole[0], None):
        assert line.whole.origin in origins
        assert line.whole.low <= line.whole.value <= line.whole.high, line.name
        assert line.scaled.origin in origins - {"measured"}, line.name


def test_money_is_quantities_times_prices_and_absent_without(whole):
    forecast = whole[0].whole
    assert not any(key[0].startswith("money") for key in numbers(forecast, None))
    sums = numbers(forecast, Prices("X", vcpu_hour=2.0, shuffle_gb=3.0))
    job = forecast.dataflow
    vcpus = sums["money, Dataflow", "vCPUs", "X"].value
    assert vcpus == pytest.approx(2 * job.vcpu_hours.value)
    whole_sum = sums["money, Dataflow", "in all", "X"].value
    assert whole_sum == pytest.approx(vcpus + 3 * job.shuffle_gb.value)
    assert not any(key[0] == "money, this computer" for key in sums)


def test_json_holds_every_number(whole):
    raw = json.loads(json.dumps(as_json(whole[0], None)))
    shown = {(line.section, line.name) for line in lines(whole[0], None)}
    assert shown == {(section, name) for section in raw["whole"] for name in raw["whole"][section]}


def test_a_recipe_that_goes_by_lists_of_ids_is_refused_in_words(recipe):
    recipe.write_text(recipe.read_text().replace("[dedup]", '[ids]\nkept = "kept.parquet"'))
    with pytest.raises(RecipeError, match=r"ids: .* see the card of the build that wrote the list"):
        estimated(recipe)


def test_a_sample_in_which_kernels_compiled_is_built_again(recipe, monkeypatch):
    builds = []

    def build_once(loaded, parts, output, *args, **options):
        assert not output.exists() or not any(output.iterdir())
        found = build_sample(loaded, parts, output, *args, **options)
        builds.append(replace(found, compile_seconds=0.0 if len(builds) == 2 else 1.0))
        return builds[-1]

    monkeypatch.setattr(forecast, "build_sample", build_once)
    observed = estimated(recipe).observed
    assert [Path(build.folder.uri).name for build in builds] == [
        "first",
        "sample",
        "sample",
    ]
    assert observed.first is builds[0]
    assert observed.build is builds[2]


def test_an_empty_input_is_refused_in_words(tmp_path):
    (tmp_path / "a.jsonl").touch()
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'name = "none"\n[[subsets]]\nname = "a"\npaths = ["a.jsonl"]\n'
        "[tokenizer]\ntrain = { vocabulary_size = 300 }\n"
    )
    with pytest.raises(RecipeError, match="the input is empty"):
        estimated(Path(recipe))
