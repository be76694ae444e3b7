import json
import random
import subprocess
import sys

import pytest

from haybale.cli import main
from haybale.cli.recipes import find


def run(capsys, *arguments):
    """Exit status, output and error output of a command."""
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A small corpus, built by the command line."""
    folder = tmp_path_factory.mktemp("cli")
    rng = random.Random(0)
    words = ["the", "and", "that", *("".join(rng.choices("abcdefgh", k=5)) for _ in range(90))]

    def text() -> str:
        return "\n".join(" ".join(["the", "and", *rng.sample(words, 10)]) for _ in range(10))

    rows = [{"text": text()} for _ in range(40)]
    rows += [rows[0], {"text": "too short"}]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.toml").write_text(
        """
name = "cli"
[[subsets]]
name = "web"
paths = ["a.jsonl"]
quality = "gopher"
[ingest]
identify_language = false
[dedup]
[tokenizer]
train = { vocabulary_size = 290 }
[card]
samples = "everywhere"
"""
    )
    output = folder / "out"
    arguments = ["build", str(folder / "recipe.toml"), "--output", str(output), "--quiet"]
    assert main(arguments) == 0
    return output


def test_every_verb_has_help_that_ends_with_an_example(capsys):
    for verb in ("demo", "build", "verify", "inspect", "card", "train", "rules", "dedup"):
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert f"haybale {verb}" in text.partition("example")[2], verb


def test_help_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, haybale.cli\n"
        "try: haybale.cli.main(['build', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('torch', 'apache_beam', 'numba', 'pyarrow')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip().endswith("[]")


def test_verify_says_sound_or_names_what_is_not(corpus, capsys, tmp_path):
    status, out, _ = run(capsys, "verify", str(corpus), "--full")
    assert status == 0
    assert "sound" in out
    shard = corpus / "shards/train/web/00000.arrow"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    status, _, err = run(capsys, "verify", str(corpus))
    shard.write_bytes(whole)
    assert status == 1
    assert "shards/train/web/00000.arrow: expected digest" in err


def test_inspect_shows_the_corpus_and_what_a_rule_dropped(corpus, capsys):
    assert "web" in run(capsys, "inspect", str(corpus))[1]
    status, out, _ = run(capsys, "inspect", str(corpus), "--dropped", "gopher/word_count@1")
    assert status == 0
    assert "too short" in out
    status, _, err = run(capsys, "inspect", str(corpus), "--dropped", "gopher/word_count")
    assert status == 2
    assert "did you mean 'gopher/word_count@1'" in err


def test_inspect_follows_a_token_to_its_document_and_back(corpus, capsys):
    place = "shards/train/web/00000.arrow:700"
    rows = json.loads(run(capsys, "inspect", str(corpus), "--token", place, "--json")[1])
    (found,) = rows
    assert found["document"]["text"].startswith("the") or found["document"]["text"]
    (shard, first, count) = found["places"][0]
    assert shard == place.partition(":")[0]
    assert first <= 700 < first + count
    status, _, err = run(capsys, "inspect", str(corpus), "--token", f"{shard}:99999999")
    assert status == 2
    assert "there is none at 99999999" in err


def test_dedup_shows_the_curve_of_presets_and_recipes(capsys):
    _, out, _ = run(capsys, "dedup")
    assert "fineweb: shingles of 5 words, duplicates above 0.75; 112 hashes in 14 bands of 8" in out
    # 1 - (1 - 0.8^8)^14 = 1 - 0.83223^14 = 0.9235
    (fineweb,) = (
        row for row in json.loads(run(capsys, "dedup", "--json")[1]) if row["name"] == "fineweb"
    )
    assert fineweb["recall"]["0.8"] == pytest.approx(0.9235, abs=1e-4)
    _, out, _ = run(
        capsys, "dedup", "demo", "--set", "dedup.num_bands=9", "--set", "dedup.band_rows=13"
    )
    assert "39.9% of the pairs at the threshold" in out
    assert run(capsys, "dedup", "--set", "dedup.threshold=0.7")[0] == 2
    assert run(capsys, "dedup", "demo", "--set", "dedup.near=false")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--document", "xyz"), "expected 32 hex digits"),
        (("--document", "0" * 32), "no document of that id was read"),
        (("--token", "nonsense"), "expected SHARD:OFFSET"),
        (("--token", "shards/x:1"), "no shard"),
        (("--limit", "0"), "expected at least 1"),
    ],
)
def test_inspect_explains_what_it_cannot_show(corpus, capsys, arguments, message):
    status, _, err = run(capsys, "inspect", str(corpus), *arguments)
    assert status == 2
    assert message in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("build", "absent.toml", "--output", "x"), 2, "no such"),
        (("build", "demmo", "--output", "x"), 2, "did you mean 'demo'"),
        (("verify", "absent"), 1, "found no corpus.json"),
        (("card", "show", "absent"), 2, "expected a card, found no file"),
        (("build", "demo", "--output", "memory://out"), 2, "would be gone when this command ends"),
        (("build", "demo", "--output", "x", "--workers", "0"), 2, "--workers: expected at least 1"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    arguments, status, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    found, _, err = run(capsys, *arguments)
    assert found == status
    assert message in err
    assert err.count("\n") == 1


def test_a_folder_does_not_hide_the_shipped_recipe_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert find("demo").name == "demo.toml"
    (tmp_path / "demo").rmdir()
    (tmp_path / "demo").write_text('name = "mine"')
    assert find("demo").read_text() == 'name = "mine"'


def test_beam_options_come_after_two_dashes(corpus, capsys):
    recipe = corpus.parent / "recipe.toml"
    status, _, err = run(
        capsys, "build", str(recipe), "--output", "x", "--", "--direct_num_workers=2"
    )
    assert status == 2
    assert "use --workers N" in err


def test_beam_options_are_refused_where_no_runner_takes_them(corpus, capsys):
    recipe = corpus.parent / "recipe.toml"
    status, _, err = run(capsys, "build", str(recipe), "--output", "x", "--", "--project=p")
    assert status == 2
    assert "expected --runner=..." in err
    status, _, err = run(capsys, "verify", str(corpus), "--", "--runner=DataflowRunner")
    assert status == 2
    assert "verify takes no options of Beam's" in err


def test_a_stage_is_told_as_json_where_that_is_asked_for(corpus, capsys, tmp_path):
    recipe = corpus.parent / "recipe.toml"
    words = ("build", str(recipe), "--output", str(tmp_path / "out"), "--quiet", "--json")
    status, out, _ = run(capsys, *words, "--stage", "ingest")
    assert status == 0
    assert json.loads(out) == {"stage": "ingest", "digest": None, "totals": None}


def test_rules_lists_what_a_profile_asks_of_a_language(capsys):
    status, out, _ = run(capsys, "rules", "list", "--profile", "fineweb2", "--language", "vi")
    assert status == 0
    # FineWeb2, configs/vie_Latn.yml.
    assert "datatrove/top_2_gram_character_fraction@1            of code points <= 0.223" in out
    _, out, _ = run(capsys, "rules", "list", "--profile", "gopher", "--language", "zh", "--json")
    skipped = {row["name"] for row in json.loads(out) if row["skipped"]}
    assert "gopher/word_count@1" in skipped
    assert "gopher/duplicate_line_fraction@1" not in skipped


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--language", "vi"], "needs --profile"),
        (["--profile", "gofer"], "did you mean 'gopher'"),
        (["--profile", "gopher", "--language", "xx"], "no parameters of it"),
        (["--profile", "none.toml"], "expected a profile in none.toml"),
        (["--markdown", "--profile", "gopher"], "--markdown prints everything"),
    ],
)
def test_rules_explains_a_wrong_option_in_one_line(capsys, arguments, message):
    status, _, error = run(capsys, "rules", "list", *arguments)
    assert status == 2
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "goes_on"),
    [
        (["build", "r.toml", "--output", "o"], True),
        (["demo"], True),
        (["verify", "o"], False),
        (["export", "olmo", "o", "p"], False),
    ],
)
def test_an_interrupted_verb_says_whether_it_goes_on(arguments, goes_on, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"haybale.cli.{arguments[0]}.run", interrupted)
    assert main(arguments) == 130
    said = capsys.readouterr().err
    assert said.startswith("haybale: interrupted")
    assert ("the same command goes on" in said) == goes_on
