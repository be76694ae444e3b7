import json
import random

import pytest

from haybale.cli import main


def run(capsys, *arguments):
    """Exit status, output and error output of a command."""
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    rng = random.Random(0)
    words = ["the", "and", "that", *("".join(rng.choices("abcdefgh", k=5)) for _ in range(90))]
    rows = [{"text": " ".join(rng.choices(words, k=60)), "lang": "en"} for _ in range(60)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.toml").write_text(
        """
name = "verb"
[[subsets]]
name = "web"
paths = ["a.jsonl"]
[ingest]
identify_language = false
[dedup]
[tokenizer]
train = { vocabulary_size = 300, sample_bytes = 9000 }
"""
    )
    return folder / "recipe.toml"


@pytest.fixture(scope="module")
def corpus(recipe):
    output = recipe.parent / "out"
    assert main(["build", str(recipe), "--output", str(output), "--quiet"]) == 0
    return output


@pytest.fixture(scope="module")
def stopped(recipe):
    """The same build, stopped once it is known who survives."""
    output = recipe.parent / "stopped"
    arguments = ["build", str(recipe), "--output", str(output), "--quiet"]
    assert main([*arguments, "--stage", "deduplicate"]) == 0
    return output


@pytest.mark.parametrize("verbs", [["tokenizer"], ["tokenizer", "train"], ["tokenizer", "report"]])
def test_help_ends_with_an_example(verbs, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*verbs, "--help"])
    assert ended.value.code == 0
    assert "haybale tokenizer train" in capsys.readouterr().out.partition("example")[2]


def test_a_build_that_was_stopped_gives_the_model_that_it_would_have(corpus, stopped, capsys):
    output = stopped.parent / "same.model"
    status, out, err = run(capsys, "tokenizer", "train", str(stopped), "--output", str(output))
    assert status == 0
    assert output.read_bytes() == (corpus / "tokenizer/tokenizer.model").read_bytes()
    assert "on survivors that were not learned from" in out
    assert "learning 300 pieces from" in err
    about = json.loads((stopped.parent / "same.model.json").read_text())
    assert about["settings"]["sample_bytes"] == about["sample_bytes"] == 9000
    assert about["held_out"]["tokenizer"] == about["digest"]


def test_flags_go_before_the_recipe(corpus, tmp_path, capsys):
    output = tmp_path / "bpe.model"
    flags = ["--kind", "bpe", "--vocabulary-size", "320", "--held-out-bytes", "3000", "--json"]
    command = ["tokenizer", "train", str(corpus), "--output", str(output), *flags]
    status, out, err = run(capsys, *command)
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found == json.loads((tmp_path / "bpe.model.json").read_text())
    assert (found["kind"], found["settings"]["vocabulary_size"]) == ("bpe", 320)
    assert found["sample_bytes"] == 9000
    assert found["held_out"]["total"]["text_bytes"] == 3000
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "bpe.model exists; name another file" in err
    output.unlink()
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "bpe.model.json exists" in err


def test_nothing_left_to_measure_on_is_said(corpus, tmp_path, capsys):
    command = ["tokenizer", "train", str(corpus), "--output", str(tmp_path / "all.model")]
    status, out, _ = run(capsys, *command, "--sample-bytes", "1M")
    assert status == 0
    assert "every document was learned from" in out
    assert "bytes/token" not in out


def test_what_cannot_be_learned_is_one_line_and_leaves_no_file(corpus, tmp_path, capsys):
    output = tmp_path / "much.model"
    command = ["tokenizer", "train", str(corpus), "--output", str(output)]
    status, _, err = run(capsys, *command, "--vocabulary-size", "32000")
    assert status == 2
    assert "pieces at most; ask for fewer" in err
    assert not list(tmp_path.iterdir())


def test_a_folder_without_survivors_is_refused(recipe, tmp_path, capsys):
    command = ["tokenizer", "train", str(tmp_path), "--output", str(tmp_path / "a.model")]
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "expected a folder that haybale build wrote" in err
    begun = str(tmp_path / "begun")
    arguments = ["build", str(recipe), "--output", begun, "--quiet", "--stage", "ingest"]
    assert main(arguments) == 0
    command[2] = begun
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "deduplicate/removals is not done" in err
    command[-1] = str(tmp_path / "nowhere" / "a.model")
    status, _, err = run(capsys, *command)
    assert status == 2
    assert "there is no folder" in err


def test_report_prints_what_the_build_measured(corpus, capsys):
    status, out, _ = run(capsys, "tokenizer", "report", str(corpus), "--json")
    assert status == 0
    report = json.loads(out)
    assert report == json.loads((corpus / "tokenizer/report.json").read_text())
    status, out, _ = run(capsys, "tokenizer", "report", str(corpus))
    assert status == 0
    assert f"{report['total']['tokens']:,}" in out
    assert f"{report['subsets']['web']['bytes_per_token']:.3f}" in out
    assert "of 300 pieces used" in out
    assert "\u2026" not in out  # no number is cut short


def test_a_corpus_without_a_report_says_so(capsys):
    from pathlib import Path

    golden = Path(__file__).parents[1] / "golden" / "corpus-v1"
    status, _, err = run(capsys, "tokenizer", "report", str(golden))
    assert status == 2
    assert "has no tokenizer/report.json" in err
