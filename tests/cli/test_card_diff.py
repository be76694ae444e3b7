import json
from pathlib import Path

from haybale.cli.card.diff import print_changes

GOLDEN = Path(__file__).parents[1] / "golden" / "corpus-v1"


def test_a_corpus_compared_with_itself_has_not_moved(corpus, run):
    changes = json.loads(run("card", "diff", corpus, corpus, "--json")[1])
    assert changes["facts"] == {"moved": [], "gone": [], "new": []}
    assert changes["settings"] == []
    assert changes["inputs"] == {"gone": [], "new": [], "changed": []}
    # 40 different documents.
    assert changes["documents"] | {"n": 0} == {
        "how": "exact", "before": 40, "after": 40, "stayed": 40, "low": 40, "high": 40, "n": 0,
    }  # fmt: skip


def test_a_later_version_says_what_came_and_why(corpus, later, run):
    status, out, _ = run("card", "diff", corpus, later)
    assert status == 0
    # The later one has ten documents more, in a file of their own, and another seed.
    assert out.startswith("40 documents stayed, 0 left, 10 came: every id was compared.")
    changes = json.loads(run("card", "diff", corpus, later, "--json")[1])
    assert changes["inputs"] == {"gone": [], "new": ["web/b.jsonl"], "changed": []}
    assert ["seed", None, "7"] in [list(line.values()) for line in changes["settings"]]
    moved = {fact["id"]: fact for fact in changes["facts"]["moved"]}
    assert (moved["corpus.documents"]["before"], moved["corpus.documents"]["after"]) == (40, 50)
    assert moved["corpus.documents"]["relative"] == 0.25


def test_the_table_is_bounded_unless_all_is_asked_for(corpus, later, run):
    _, short, _ = run("card", "diff", corpus, later)
    _, whole, _ = run("card", "diff", corpus, later, "--all")
    assert "more with --all" in short
    assert "more with --all" not in whole
    assert len(whole) > len(short)


def test_another_verb_names_a_flag_of_its_own(corpus, later, run, capsys):
    changes = json.loads(run("card", "diff", corpus, later, "--json")[1])
    print_changes(changes, everything=False, rest="--json")
    assert "more with --json" in capsys.readouterr().out


def test_the_new_card_can_say_what_changed(corpus, later, run, tmp_path):
    status, _, _ = run("card", "build", later, "--output", tmp_path, "--previous", corpus)
    assert status == 0
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "## What changed since the last version" in readme
    assert "40 documents stayed, 0 left, 10 came" in readme


def test_cards_without_lists_of_ids_give_bounds(corpus, later, run, tmp_path):
    run("card", "build", corpus, "--output", tmp_path / "old")
    _, out, _ = run("card", "diff", tmp_path / "old", later)
    assert out.startswith("The earlier version has 40 documents, this one 50; at most 40")


def test_unrelated_corpora_are_refused_in_one_line_unless_forced(corpus, run, fails, tmp_path):
    run("card", "build", GOLDEN, "--output", tmp_path)
    status, err = fails("card", "diff", tmp_path, corpus)
    assert status == 2
    assert "'golden' and 'cards' have neither their name nor an input file in common" in err
    assert run("card", "diff", tmp_path, corpus, "--force")[0] == 0


def test_a_card_of_format_1_is_one_line(corpus, fails):
    _, err = fails("card", "diff", GOLDEN, corpus)
    assert "expected format haybale/card@2, found haybale/card@1" in err
