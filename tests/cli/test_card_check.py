import json
import shutil
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden" / "corpus-v1"


def copied(corpus, tmp_path):
    """The card alone, to be damaged."""
    shutil.copytree(corpus / "card", tmp_path / "card")
    shutil.copy(corpus / "README.md", tmp_path)
    return tmp_path


def test_a_new_card_is_sound_with_and_without_its_corpus(corpus, run, tmp_path):
    status, out, err = run("card", "check", corpus)
    assert (status, err) == (0, "")
    assert "the card is sound" in out
    assert run("card", "check", copied(corpus, tmp_path), "--card-only")[0] == 0


def test_a_changed_number_is_found_and_named(corpus, run, tmp_path):
    folder = copied(corpus, tmp_path)
    path = folder / "card" / "card.json"
    raw = json.loads(path.read_bytes())
    (fact,) = (fact for fact in raw["facts"] if fact["id"] == "corpus.documents")
    fact["value"] += 1
    path.write_text(json.dumps(raw))
    status, _, err = run("card", "check", folder, "--card-only")
    assert status == 1
    assert "card/card.json" in err
    findings = json.loads(run("card", "check", folder, "--card-only", "--json")[1])
    assert findings
    assert len(findings) == err.count("\n")


def test_a_card_without_its_corpus_says_so(corpus, fails, tmp_path):
    status, err = fails("card", "check", copied(corpus, tmp_path))
    assert status == 2
    assert "found a card without its corpus.json; say --card-only" in err
    status, err = fails("card", "check", tmp_path / "none")
    assert status == 1
    assert "expected a finished corpus, found no corpus.json" in err


def test_a_card_of_format_1_is_to_be_made_again(run):
    status, _, err = run("card", "check", GOLDEN)
    assert status == 1
    assert "haybale card build" in err
