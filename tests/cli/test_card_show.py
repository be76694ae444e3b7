import json
from pathlib import Path

import pytest
from planted_card import inputs, measured

from haybale.cards.measured import LicenseCounts
from haybale.cards.write import write_card
from haybale.cli import main
from haybale.corpus.storage import Folder

GOLDEN = Path(__file__).parents[1] / "golden" / "corpus-v1"


def test_the_card_is_its_readme_without_the_head_for_the_hub(corpus, run):
    status, out, _ = run("card", "show", corpus)
    assert status == 0
    readme = (corpus / "README.md").read_text(encoding="utf-8")
    assert out.startswith("# cards\n")
    assert readme.endswith(out.removesuffix("\n"))
    assert readme.removesuffix(out.removesuffix("\n")).endswith("\n---\n\n")


def test_names_by_strangers_cannot_steer_a_terminal(tmp_path, run):
    licenses = (LicenseCounts("web", "\x1b[31mred\u202e", 50, 2000, 500),)
    write_card(Folder(str(tmp_path)), inputs(measured=measured(licenses=licenses)), [])
    _, out, _ = run("card", "show", tmp_path, "license.tokens.subset=web.license=")
    assert "license=\\x1b[31mred\\u202e: 500 tokens" in out
    _, _, err = run("card", "show", tmp_path, "license.tokens.subset=web.license=[31mred")
    assert "\x1b" not in err


def test_a_fact_is_a_sentence_below_that_of_its_measure(corpus, run):
    _, out, _ = run("card", "show", corpus, "duplicates.documents")
    measure, fact, *_ = out.splitlines()
    assert measure.startswith("duplicates.documents: Documents removed because")
    assert fact == "  duplicates.documents: 12 documents (exact in deduplicate)"


def test_a_measure_is_shown_with_what_its_total_is_made_of(corpus, run):
    _, out, _ = run("card", "show", corpus, "duplicates.documents")
    facts = [line.partition(": ")[0].strip() for line in out.splitlines()[1:]]
    assert facts[0] == "duplicates.documents"
    assert "duplicates.documents.method=exact/text@1" in facts
    assert all(name.startswith("duplicates.documents") for name in facts)


def test_all_facts_below_a_prefix_are_shown_and_a_whole_id_is_one(corpus, run):
    _, out, _ = run("card", "show", corpus, "corpus.documents", "--json")
    assert json.loads(out)["id"] == "corpus.documents"
    _, out, _ = run("card", "show", corpus, "corpus.documents.", "--json")
    ids = {fact["id"] for fact in json.loads(out)}
    assert "corpus.documents.split=train.subset=web" in ids
    assert all(name.startswith("corpus.documents.") for name in ids)


def test_a_gap_says_why(corpus, run):
    _, out, _ = run("card", "show", corpus, "cost.energy")
    assert "cost.energy: not measured: energy was not metered" in out


def test_an_unknown_fact_names_the_nearest_one(corpus, fails):
    status, err = fails("card", "show", corpus, "duplicate.documents")
    assert status == 2
    assert "did you mean 'duplicates.documents'" in err


def test_a_folder_without_a_card_says_what_was_expected(tmp_path, fails):
    status, err = fails("card", "show", tmp_path)
    assert status == 2
    assert "expected a card, found no file" in err


def test_cards_of_format_1_are_shown_by_their_own_ids(run):
    _, out, _ = run("card", "show", GOLDEN)
    readme = (GOLDEN / "card" / "README.md").read_text(encoding="utf-8")
    assert out == readme.split("\n---\n")[1].lstrip() + "\n"
    status, out, _ = run("card", "show", GOLDEN, "composition.train.web.documents")
    assert status == 0
    assert "composition.train.web.documents: 3 documents (exact" in out


@pytest.mark.parametrize("verb", ["show", "build", "check", "diff", "audit", "serve"])
def test_every_verb_of_the_card_has_help_that_ends_with_examples(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["card", verb, "--help"])
    assert ended.value.code == 0
    assert f"haybale card {verb}" in capsys.readouterr().out.partition("examples")[2]
