import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haybale.cli import main, sweep_report
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.storage import Folder
from haybale.scaling.laws import BESIROGLU, HOFFMANN_2, ParametricLoss
from haybale.scaling.runs_file import read_runs
from haybale.training import counted
from haybale.training.logs import VALIDATIONS, read_log
from haybale.training.model import Decoder
from haybale.training.recipe import TrainingRecipe
from haybale.training.sweep import RUNS_FILE, is_finished, sweep
from haybale.training.sweep_grid import GridRun, beyond_edges, isoflop_grid
from haybale.training.sweep_settings import recipe_for, sequence_length
from haybale.training.sweep_shapes import SMALL, smallest_parameters, swept_shape

VOCABULARY = 32  # of the corpus


@pytest.fixture
def grid(recipe: TrainingRecipe) -> tuple[GridRun, ...]:
    """Two runs of eight steps of 8 x 32 tokens, validated after each fourth."""
    training = replace(recipe.training, tokens=8 * 8 * 32, validate_every=4)
    runs = []
    for width in (16, 32):
        model = replace(recipe.model, depth=1, width=width)
        size = Decoder(model, VOCABULARY).num_parameters
        run = TrainingRecipe(f"width-{width}", model, training)
        runs.append(GridRun(run.name, 6.0 * size * 2048, size, run))
    return tuple(runs)


class Killed(Exception):
    pass


def _killer(num_calls: int) -> Callable[[int], None]:
    left = num_calls

    def stop(num_tokens: int, earlier: bool = False) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    return stop


def test_runs_csv_has_what_is_finished_meanwhile(
    corpus: Path, grid: tuple[GridRun, ...], tmp_path: Path
) -> None:
    def stop(run: GridRun) -> None:
        if run is grid[1]:
            raise Killed

    with pytest.raises(Killed):
        sweep(grid, corpus, tmp_path, on_run=stop)
    rows = list(csv.DictReader((tmp_path / RUNS_FILE).read_text().splitlines()))
    assert {row["run"] for row in rows} == {grid[0].name}


def test_runs_csv_holds_each_runs_curve(
    corpus: Path, grid: tuple[GridRun, ...], tmp_path: Path
) -> None:
    path = sweep(grid, corpus, tmp_path)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [(row["run"], int(row["params"]), int(row["tokens"])) for row in rows] == [
        (run.name, run.num_parameters, tokens) for run in grid for tokens in (1024, 2048)
    ]
    for run in grid:
        logged = read_log(tmp_path / run.name / VALIDATIONS)
        own = [float(row["loss"]) for row in rows if row["run"] == run.name]
        assert own == [line["loss"] for line in logged]
    runs = read_runs(path)
    assert runs.flops.tolist() == [run.flops for run in grid]
    assert [len(curve.tokens) for curve in runs.curves] == [2, 2]


def test_killed_and_gone_on_with_it_writes_the_same_file(
    corpus: Path, grid: tuple[GridRun, ...], tmp_path: Path
) -> None:
    undisturbed = sweep(grid, corpus, tmp_path / "undisturbed")
    killed = tmp_path / "killed"
    # A call a step, and one as a run is resumed: before a checkpoint, after one, in the second run.
    for num_calls in (3, 6, 9):
        with pytest.raises(Killed):
            sweep(grid, corpus, killed, on_tokens=_killer(num_calls))
    assert sweep(grid, corpus, killed).read_bytes() == undisturbed.read_bytes()


def test_finished_runs_are_not_done_again(
    corpus: Path, grid: tuple[GridRun, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep(grid[:1], corpus, tmp_path)
    assert [is_finished(run, tmp_path) for run in grid] == [True, False]
    done: list[GridRun] = []
    first = sweep(grid, corpus, tmp_path, on_run=done.append).read_bytes()
    assert done == [grid[1]]

    def refuse(*arguments: object, **others: object) -> None:
        raise AssertionError("trains again")

    monkeypatch.setattr(counted, "train", refuse)
    assert sweep(grid, corpus, tmp_path).read_bytes() == first


def test_a_folder_of_another_sweep_is_refused_naming_both_sides(
    corpus: Path, grid: tuple[GridRun, ...], tmp_path: Path
) -> None:
    sweep(grid[:1], corpus, tmp_path)
    other = replace(grid[0].recipe.training, learning_rate=1e-3)
    changed = replace(grid[0], recipe=replace(grid[0].recipe, training=other))
    with pytest.raises(ManifestMismatchError, match=r"another sweep .*0\.005.* there, .*0\.001"):
        sweep([changed], corpus, tmp_path)


def test_a_grid_spends_each_budget_on_sizes_about_the_planned_one() -> None:
    grid = isoflop_grid([4e13, 1e13], 5, 1000)
    assert [run.flops for run in grid] == [1e13] * 5 + [4e13] * 5
    for run in grid:
        # To whole steps; and 10 % is what fit takes for one budget.
        assert 6 * run.num_parameters * run.num_tokens == pytest.approx(run.flops, rel=0.05)
        assert run.num_tokens % run.recipe.training.step_tokens == 0
    best = HOFFMANN_2.parameters(1e13)
    for run, factor in zip(grid[:5], (1 / 4, 1 / 2, 1, 2, 4), strict=True):
        assert run.num_parameters == pytest.approx(factor * best, rel=0.2)
    # Losses are compared: samples as long, and the same held-out ones.
    settings = [run.recipe.training for run in grid]
    assert len({(one.sequence_length, one.validation_samples) for one in settings}) == 1
    points = [math.ceil(one.num_steps(0) / (one.validate_every or 1)) for one in settings]
    assert 8 <= min(points) <= max(points) <= 16


@pytest.mark.parametrize("vocabulary_size", [32, 1000, 32_000])
def test_shapes_are_as_large_as_the_trainers_models(vocabulary_size: int) -> None:
    least = smallest_parameters(vocabulary_size)
    # Width 8, one block: V d + 4 d d + 3 d 64 + 2 d + d.
    assert least == 8 * vocabulary_size + 256 + 1536 + 24
    for factor in (1, 3, 30, 300):
        shape = swept_shape(factor * least, vocabulary_size)
        recipe = recipe_for(shape, vocabulary_size, 1e6, 32)
        size = shape.parameters(vocabulary_size)
        assert Decoder(recipe.model, vocabulary_size).num_parameters == size
        assert size == pytest.approx(factor * least, rel=0.25)


def test_every_small_shape_is_one_that_the_trainer_takes() -> None:
    for shape in SMALL:
        assert recipe_for(shape, 100, 1e6, 32).model.head_width <= 64


def test_schedules_follow_compute() -> None:
    # Bi et al. 2024, equation 1, at 1e17: 0.2920 x 1e17^0.3271 = 0.2920 x 363,078 = 106,019 tokens,
    # of which 64 x 2,048 are the nearest power of two (52 x 2,048 = 106,496; log2 51.8 = 5.69);
    # 0.3118 x 1e17^-0.1250 = 0.3118 x 0.0074989 = 0.0023.
    settings = recipe_for(swept_shape(3e7, 32_000), 32_000, 5e8, 2048, 1e17).training
    assert (settings.batch_size, settings.sequence_length) == (64, 2048)
    assert settings.learning_rate == 0.0023
    assert settings.micro_batch_size == 16
    assert sequence_length(1e17) == 2048
    # At 1e12 that would be 2,457 tokens. Planned are 63e9 (1e12 / 5.76e23)^0.49 = 110,000
    # parameters on 1e12 / 6 / 110,000 = 1.5 million tokens: 4,000 steps of 380, with room for four
    # samples of 64; log2(380 / 64) = 2.6, so eight of them are the nearest power of two.
    assert sequence_length(1e12) == 64
    settings = recipe_for(swept_shape(1e5, 1000), 1000, 1.5e6, 64, 1e12).training
    assert (settings.batch_size, settings.learning_rate) == (8, 0.005)


def test_shapes_of_neighbouring_sizes_grow_evenly() -> None:
    shapes = [swept_shape(size, 1000) for size in np.geomspace(1e4, 2e7, 100)]
    assert [one.depth for one in shapes] == sorted(one.depth for one in shapes)
    assert [one.width for one in shapes] == sorted(one.width for one in shapes)


@pytest.mark.parametrize(
    ("budgets", "num_sizes", "message"),
    [
        ([1e13], 5, "two different ones or more, found 1"),
        ([1e13, 1e13], 5, "two different ones or more, found 1"),
        ([1e13, 4e13], 2, "sizes: expected at least 3, found 2"),
        ([1e9, 4e13], 5, "1e\\+09 FLOPs are too few for a vocabulary of 1,000"),
    ],
)
def test_grids_from_which_no_law_follows_are_refused(
    budgets: list[float], num_sizes: int, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        isoflop_grid(budgets, num_sizes, 1000)


def test_the_budget_that_a_refusal_names_is_enough() -> None:
    with pytest.raises(RecipeError) as refused:
        isoflop_grid([1e9, 2e9], 5, 1000)
    enough = float(str(refused.value).split("expected ")[1].split(" or more")[0])
    assert len(isoflop_grid([enough, 2 * enough], 5, 1000)) == 10


def test_a_budget_that_is_best_at_an_edge_gets_one_more_size() -> None:
    grid = isoflop_grid([1e13, 4e13, 1.6e14], 3, 1000)
    # The first budget is best at its smallest size, the second inside, the third at its largest.
    losses = dict(zip([run.name for run in grid], [1, 2, 3, 2, 1, 2, 3, 2, 1], strict=True))
    smaller, larger = beyond_edges(grid, losses, 1000)
    assert (smaller.flops, larger.flops) == (1e13, 1.6e14)
    assert smaller.num_parameters == pytest.approx(grid[0].num_parameters / 2, rel=0.2)
    assert larger.num_parameters == pytest.approx(grid[-1].num_parameters * 2, rel=0.2)
    for run in (smaller, larger):
        assert 6 * run.num_parameters * run.num_tokens == pytest.approx(run.flops, rel=0.05)
        for name in ("sequence_length", "validation_samples"):
            here, there = run.recipe.training, grid[0].recipe.training
            assert getattr(here, name) == getattr(there, name)
    # With its minimum among the sizes nothing more is added.
    losses |= {smaller.name: 2, larger.name: 2}
    assert beyond_edges((*grid, smaller, larger), losses, 1000) == ()


def test_of_five_sizes_two_lie_on_either_side_of_the_best() -> None:
    grid = [run for run in isoflop_grid([1e13, 4e13], 5, 1000) if run.flops == 1e13]
    names = [run.name for run in grid]
    for losses, factor in (([2, 1, 2, 3, 4], 1 / 2), ([4, 3, 2, 1, 2], 2)):
        (added,) = beyond_edges(grid, dict(zip(names, losses, strict=True)), 1000)
        edge = grid[0] if factor < 1 else grid[-1]
        assert added.num_parameters == pytest.approx(factor * edge.num_parameters, rel=0.2)
    assert beyond_edges(grid, dict(zip(names, [3, 2, 1, 2, 3], strict=True)), 1000) == ()


def test_no_model_is_smaller_than_the_smallest() -> None:
    grid = isoflop_grid([1.6e12, 6.4e12], 3, 1000)
    while further := beyond_edges(grid, {run.name: run.num_parameters for run in grid}, 1000):
        grid = (*grid, *further)
    assert min(run.num_parameters for run in grid) == smallest_parameters(1000)


def _planted(law: ParametricLoss) -> Callable[..., None]:
    """In place of training: the losses of a law."""

    def written(
        recipe: TrainingRecipe, data: Path, output: Path, *others: Any, **more: Any
    ) -> None:
        settings = recipe.training
        size = Decoder(recipe.model, VOCABULARY).num_parameters
        with (output / VALIDATIONS).open("w") as log:
            num_steps = settings.num_steps(0)
            for step in sorted({*range(settings.validate_every or 1, num_steps, 7), num_steps}):
                tokens = step * settings.step_tokens
                line = {"step": step, "tokens": tokens, "loss": law.loss(size, tokens)}
                log.write(json.dumps({**line, "bits_per_byte": 1.0}) + "\n")

    return written


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_report, "_NUM_DRAWS", 10)


@pytest.mark.usefixtures("few_draws")
def test_the_verb_finds_a_planted_law(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(counted, "train", _planted(BESIROGLU))
    command = ["sweep", str(corpus), "--budgets", "6e9", "2.4e10", "9.6e10", "--device", "cpu"]
    command += ["--output", str(tmp_path), "--flops", "1e12"]
    assert main([*command, "--json"]) == 0
    printed = capsys.readouterr()
    # Each budget, its sizes, what it will take.
    assert "2.4e+10 FLOPs: 4,656," in printed.err
    assert "15 runs to do\nabout " in printed.err
    # The corpus has some 13,000 tokens.
    assert "repeated text is worth less than fresh" in printed.err
    shown = json.loads(printed.out)
    rows = {row["approach"]: row for row in shown["approaches"]}
    assert set(rows) == {1, 2, 3}
    # Approach 3 finds the constants: the losses are of that very law.
    assert rows[3]["alpha"] == pytest.approx(0.3478, abs=0.001)
    assert rows[3]["beta"] == pytest.approx(0.3658, abs=0.001)
    # Approach 2 takes parabolas for it, and goes on by a factor of ten.
    best = shown["best"]
    assert (best["approach"], best["flops"]) == (2, 1e12)
    assert best["params"] == pytest.approx(BESIROGLU.frontier.parameters(1e12), rel=0.15)
    assert best["params"] * best["tokens"] * 6 == pytest.approx(1e12)
    assert main(command) == 0
    again = capsys.readouterr()
    assert "0 runs to do (15 of 15 are finished)" in again.err
    last = again.out.splitlines()[-1]
    assert f"at 1e+12 FLOPs, train {best['params']:.3g} parameters" in last
    assert f"on {best['tokens']:.3g} tokens (approach 2)" in last


@pytest.mark.usefixtures("few_draws")
def test_the_verb_follows_a_law_beyond_the_planned_sizes(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    # N* goes with A to the power 1 / (alpha + beta): eight times the size, where the grid ends at
    # four times.
    steeper = 8 ** (BESIROGLU.alpha + BESIROGLU.beta)
    law = replace(BESIROGLU, parameter_scale=steeper * BESIROGLU.parameter_scale)
    assert law.frontier.parameters(1e10) == pytest.approx(8 * BESIROGLU.frontier.parameters(1e10))
    monkeypatch.setattr(counted, "train", _planted(law))
    command = ["sweep", str(corpus), "--budgets", "6e9", "2.4e10", "--sizes", "3", "--json"]
    assert main([*command, "--device", "cpu", "--output", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "is near the edge of the sizes tried: one more is added" in printed.err
    best = json.loads(printed.out)["best"]
    assert best["approach"] == 2
    assert best["params"] == pytest.approx(law.frontier.parameters(2.4e10), rel=0.3)


@pytest.mark.usefixtures("few_draws")
def test_a_sweep_can_be_drawn(corpus: Path, tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(counted, "train", _planted(BESIROGLU))
    command = ["sweep", str(corpus), "--budgets", "6e9", "2.4e10", "--device", "cpu"]
    plot = tmp_path / "sweep.svg"
    assert main([*command, "--output", str(tmp_path / "runs"), "--plot", str(plot)]) == 0
    assert "IsoFLOP curves" in plot.read_text()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--budgets", "1e11"], "two different ones or more"),
        (["--budgets", "0", "1e11"], "expected numbers above 0, found 0"),
        (["--budgets", "1e6", "1e11"], "too few for a vocabulary of 32"),
        (["--budgets", "6e9", "1e11", "--sizes", "2"], "expected at least 3"),
        (["--budgets", "6e9", "1e11", "--device", "abacus"], "cpu or cuda"),
    ],
)
def test_mistakes_are_told_in_one_line(
    flags: list[str],
    message: str,
    corpus: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sweep", str(corpus), "--output", str(tmp_path), *flags]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_corpus_without_enough_held_out_text_is_refused(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest(Folder(str(corpus)))
    counts = {**manifest.totals["validation"]["books"], "tokens": 31}
    few = {**manifest.totals, "validation": {"books": counts}}
    write_manifest(Folder(str(tmp_path)), replace(manifest, totals=few))
    assert main(["sweep", str(tmp_path), "--budgets", "6e9", "2e10", "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert "validation split has 31 tokens" in error
    assert "needs 32 at least" in error
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_real_sweep_is_a_matter_of_a_minute(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sweep", str(corpus), "--budgets", "6e9", "1.2e10", "--sizes", "3"]
    status = main([*command, "--device", "cpu", "--output", str(tmp_path)])
    runs = read_runs(tmp_path / "runs.csv")
    assert len(runs) >= 6  # more where a budget's best run was at an edge
    assert runs.losses.max() < 0.8 * math.log(VOCABULARY)
    # Whether so small a grid settles a law is the corpus's affair, and told either way.
    printed = capsys.readouterr()
    assert (status == 0 and "train" in printed.out) or "settle no law" in printed.err
