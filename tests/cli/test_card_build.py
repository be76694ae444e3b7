import json
import shutil
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "corpus-v1"


@pytest.fixture
def build(corpus, run, tmp_path):
    """Builds the card anew with further arguments; gives its folder."""

    def build_card(*arguments):
        status, _, err = run("card", "build", corpus, "--output", tmp_path / "new", *arguments)
        assert status == 0, err
        return tmp_path / "new"

    return build_card


def facts(folder):
    """Facts of a card by id."""
    card = json.loads((folder / "card" / "card.json").read_bytes())
    return {fact["id"]: fact for fact in card["facts"]}


def test_the_card_is_made_again_byte_for_byte(corpus, build):
    new = build()
    assert sorted(path.name for path in new.iterdir()) == ["README.md", "card"]
    made = [path.relative_to(new) for path in new.rglob("*") if path.is_file()]
    assert Path("card/card.html") in made
    for path in made:
        assert (new / path).read_bytes() == (corpus / path).read_bytes(), path


def test_a_readme_that_is_no_cards_is_not_written_over(corpus, build, fails, tmp_path):
    (tmp_path / "README.md").write_text("# Mine")
    status, err = fails("card", "build", corpus, "--output", tmp_path)
    assert status == 2
    assert "README.md of somebody else" in err
    assert (tmp_path / "README.md").read_text() == "# Mine"
    assert build() == build()  # a card is


def test_answers_come_from_a_card_toml(build, tmp_path):
    (tmp_path / "card.toml").write_text('motivation = "To be read."\nlicense = "mit"\n')
    new = build("--card", tmp_path / "card.toml")
    assert "To be read." in (new / "README.md").read_text(encoding="utf-8")
    assert 'license: "mit"' in (new / "README.md").read_text(encoding="utf-8")


def test_tokens_that_a_run_drew_come_from_a_file(corpus, build, tmp_path):
    (tmp_path / "drawn.json").write_text('{"web": 60000}')
    drawn = facts(build("--drawn", tmp_path / "drawn.json"))
    assert drawn["mixture.drawn.tokens.subset=web"]["value"] == 60000


def test_costs_come_from_the_folder_of_the_run(corpus, build):
    timings = [json.loads(path.read_text()) for path in (corpus / "run/ingest").rglob("*.json")]
    seconds = sum(record["timing"]["cpu_seconds"] for record in timings)
    cost = facts(build("--cost"))["cost.cpu_seconds.stage=ingest"]
    assert cost["value"] == pytest.approx(seconds, abs=0.051)  # of so small a build nearly nothing


def test_no_folder_of_a_corpus_is_written_to_by_whatever_name(corpus, later, fails, tmp_path):
    (tmp_path / "link").symlink_to(corpus)
    for output in (corpus, corpus / ".." / corpus.name, tmp_path / "link", later):
        status, err = fails("card", "build", corpus, "--output", output)
        assert status == 2
        assert "covered by its digest" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('license = "my own"', "license"),
        ('licence = "mit"', "did you mean 'license'?"),
        ("license = mit", "expected TOML"),
        ('published = "yesterday"', "expected a day such as 2026-01-31"),
    ],
)
def test_a_wrong_card_toml_is_one_line_with_its_name(corpus, fails, tmp_path, content, message):
    path = tmp_path / "card.toml"
    path.write_text(content)
    status, err = fails("card", "build", corpus, "--output", tmp_path / "new", "--card", path)
    assert status == 2
    assert str(path) in err
    assert message in err
    assert not (tmp_path / "new").exists()


def test_an_absent_card_toml_is_one_line(corpus, fails, tmp_path):
    path = tmp_path / "none.toml"
    _, err = fails("card", "build", corpus, "--output", tmp_path / "new", "--card", path)
    assert f"{path}: cannot be read: No such file or directory" in err


def test_a_corpus_that_does_not_verify_gives_no_card(corpus, fails, tmp_path):
    shutil.copytree(corpus / "card", tmp_path / "bad" / "card")
    shutil.copy(corpus / "corpus.json", tmp_path / "bad")
    inputs = tmp_path / "bad" / "card" / "inputs.json"
    inputs.write_bytes(inputs.read_bytes().replace(b'"name": "cards"', b'"name": "carts"', 1))
    status, err = fails("card", "build", tmp_path / "bad", "--output", tmp_path / "new")
    assert status == 1
    assert "card/inputs.json: expected digest" in err
    manifest = tmp_path / "bad" / "corpus.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"name": "cards"', b'"name": "carts"', 1))
    status, err = fails("card", "build", tmp_path / "bad", "--output", tmp_path / "new")
    assert status == 1
    assert "its content no longer matches its own digest" in err


def test_force_alone_says_what_it_needs(corpus, fails, tmp_path):
    _, err = fails("card", "build", corpus, "--output", tmp_path / "new", "--force")
    assert "needs --previous" in err


def test_the_card_of_a_corpus_of_format_1_can_be_made(run, tmp_path):
    status, _, _ = run("card", "build", GOLDEN, "--output", tmp_path)
    assert status == 0
    assert facts(tmp_path)["corpus.documents"]["value"] == 3


def test_tables_that_the_card_names_come_along(corpus, build):
    new = build()
    for name in ("card/domains.parquet", "card/unigrams.parquet"):
        assert (new / name).read_bytes() == (corpus / name).read_bytes()
