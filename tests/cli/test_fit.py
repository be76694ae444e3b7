import json
import random
from pathlib import Path

import planted_runs
import pytest

from haybale.cli import main
from haybale.scaling.laws import BESIROGLU


def written(path, runs):
    rows = zip(runs.parameters, runs.tokens, runs.losses, strict=True)
    lines = [f"{params:.8g},{tokens:.8g},{loss:.8g}" for params, tokens, loss in rows]
    path.write_text("\n".join(["params,tokens,loss", *lines]) + "\n")
    return str(path)


def written_curves(path, runs):
    lines = ["run,params,tokens,loss"]
    for index, curve in enumerate(runs.curves):
        for tokens, loss in zip(curve.tokens, curve.losses, strict=True):
            lines.append(f"r{index},{curve.num_parameters:.8g},{tokens:.8g},{loss:.8g}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def isoflops(tmp_path):
    return written(tmp_path / "runs.csv", planted_runs.isoflops(BESIROGLU, 0.002, 0))


@pytest.fixture
def curves(tmp_path):
    runs = planted_runs.curves(BESIROGLU, 0.003, 0, num_sizes=12, num_points=30)
    return written_curves(tmp_path / "curves.csv", runs)


def printed(capsys, *arguments):
    assert main(["fit", *arguments]) == 0
    return capsys.readouterr().out


def test_json_of_approach_3_names_the_constants(isoflops, capsys):
    arguments = ("--approach", "3", "--json", "--bootstrap", "40", "--flops", "1e21")
    raw = json.loads(printed(capsys, isoflops, *arguments))
    assert raw["E"] == pytest.approx(1.8172, abs=0.03)
    assert raw["alpha"] == pytest.approx(0.3478, abs=0.02)
    assert {"A", "B", "beta", "objective"} <= set(raw)
    assert (raw["runs"], raw["fitted_runs"], raw["dropped_runs"], raw["draws"]) == (81, 81, 0, 40)
    assert set(raw["intervals"]) == {
        *("E", "A", "B", "alpha", "beta"),
        *("a", "b", "params", "tokens"),
    }
    low, high = raw["intervals"]["alpha"]["95"]
    inner_low, inner_high = raw["intervals"]["alpha"]["80"]
    assert low <= inner_low < inner_high <= high
    assert raw["flops"] == 1e21
    assert 6 * raw["params"] * raw["tokens"] == pytest.approx(1e21)


def test_json_of_all_lists_what_fits_and_why_the_rest_does_not(isoflops, capsys):
    raw = json.loads(printed(capsys, isoflops, "--json", "--bootstrap", "0"))
    assert [row["approach"] for row in raw["approaches"]] == [1, 2, 3]
    assert "training curves" in raw["approaches"][0]["error"]
    assert raw["approaches"][1]["a"] == pytest.approx(BESIROGLU.frontier.exponent, abs=0.02)
    assert len(raw["approaches"][1]["budgets"]) == 9
    assert raw["approaches"][2]["intervals"] == {}


def test_curves_allow_approach_1(curves, capsys):
    raw = json.loads(printed(capsys, curves, "--approach", "1", "--json", "--bootstrap", "20"))
    assert raw["a"] == pytest.approx(BESIROGLU.frontier.exponent, abs=0.06)
    assert 0 <= raw["near_end_fraction"] <= 1
    assert set(raw["intervals"]) == {"a", "b", "params", "tokens"}


def test_the_order_of_rows_does_not_change_a_byte(curves, tmp_path, capsys):
    header, *rows = Path(curves).read_text().splitlines()
    random.Random(0).shuffle(rows)
    other = tmp_path / "shuffled.csv"
    other.write_text("\n".join([header, *rows]) + "\n")
    arguments = ("--json", "--bootstrap", "20")
    assert printed(capsys, str(other), *arguments) == printed(capsys, curves, *arguments)


def test_people_are_told_what_was_fitted_and_what_was_not(isoflops, capsys):
    told = printed(capsys, isoflops, "--bootstrap", "20", "--drop-highest", "2")
    assert "81 runs of 6e+18 to 3e+21 FLOPs (6ND)" in told
    assert "79 runs (2 of highest loss left out)" in told
    assert "not fitted: approach 1 needs training curves" in told
    assert "0.50, 0.49, 0.46 by approaches 1 to 3" in told


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_plot_is_the_same_bytes_each_time(isoflops, tmp_path, capsys, suffix):
    once, twice = tmp_path / f"once.{suffix}", tmp_path / f"twice.{suffix}"
    for path in (once, twice):
        printed(capsys, isoflops, "--bootstrap", "0", "--plot", str(path))
    assert once.read_bytes() == twice.read_bytes()
    if suffix == "svg":
        drawn = once.read_text()
        assert "IsoFLOP curves" in drawn
        assert "efficient frontier" in drawn
    else:
        assert once.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--approach", "1"], "approach 1 needs training curves"),
        (["--plot", "runs.pdf"], "ends in .png or .svg"),
        (["--flops", "-1"], "--flops is -1; expected a number from 1 to 1e+40"),
        (["--flops", "nan"], "--flops is nan; expected a number from 1"),
        (["--flops", "1e300"], "--flops is 1e+300; expected a number from 1 to 1e+40"),
        (["--plot", "none/runs.png"], "no folder none; make it"),
        (["--bootstrap", "-1"], "--bootstrap is -1; expected 0 or more"),
        (["--drop-highest", "-3"], "--drop-highest is -3; expected 0 or more"),
        (["--approach", "2", "--every-start"], "of approach 3 only"),
        (["--approach", "3", "--drop-highest", "80"], "needs at least 6 runs"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(isoflops, capsys, arguments, message):
    assert main(["fit", isoflops, *arguments]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("params,tokens\n1,2\n", "no column 'loss'"), (None, "no such file")],
)
def test_a_file_that_is_not_there_or_not_of_runs_is_told(tmp_path, capsys, text, message):
    path = tmp_path / "runs.csv"
    if text is not None:
        path.write_text(text)
    assert main(["fit", str(path)]) == 2
    assert message in capsys.readouterr().err
