"""Whole cards: every form of the planted corpus's, byte for byte."""

import json
import random
import re

import pytest
from planted_card import ENTRIES, SAMPLES, inputs, ledger_of

from haybale.cards.declaration import CardDeclaration
from haybale.cards.forms import CARD_PATHS, PAGE_PATH, README_PATH
from haybale.cards.inputs import CardInputs
from haybale.cards.measures.limits import MEASURES as LIMITS
from haybale.cards.write import write_card
from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.corpus.ledger import Amount
from haybale.corpus.storage import Folder


def files(path, made):
    """Path to content of all that a card is."""
    folder = Folder(str(path))
    return {record.path: folder.read(record.path) for record in write_card(folder, made, [])}


def test_write_card_commits_every_form_and_what_all_is_made_from(tmp_path):
    folder = Folder(str(tmp_path))
    paths = [record.path for record in write_card(folder, inputs(), [])]
    assert sorted(paths) == sorted(CARD_PATHS) == folder.list()


def test_a_ledger_that_does_not_add_up_gives_no_card(tmp_path):
    folder = Folder(str(tmp_path))
    with pytest.raises(HaybaleError, match="101 documents read, but 100"):
        write_card(folder, inputs([("ingest", "read", Amount(1), "en", "")]), [])
    assert folder.list() == []


def test_the_bytes_do_not_depend_on_the_order_of_the_ledger(tmp_path):
    shuffled = random.Random(0).sample(ENTRIES, len(ENTRIES))
    one = files(tmp_path / "one", inputs())
    assert files(tmp_path / "two", inputs(ledger=ledger_of(shuffled))) == one


def test_a_card_is_made_again_from_its_inputs(tmp_path):
    made = inputs()
    again = CardInputs.from_json(json.loads(canonical_json(made.as_json())))
    assert files(tmp_path / "again", again) == files(tmp_path / "made", made)


HOSTILE = "<script>alert(1)</script>\n```\n---\n| a |\n\u202egnp.exe\0 " + "x" * 1_000_000


def test_hostile_samples_stay_inert_in_every_form(tmp_path):
    samples = [{**SAMPLES[0], "excerpt": HOSTILE}]
    declared = CardDeclaration(samples="everywhere")
    made = files(tmp_path, inputs(samples=samples, declared=declared))
    for path in (README_PATH, PAGE_PATH):
        text = made[path].decode("utf-8")
        assert "gnp.exe" in text
        assert "\u202e" not in text
        assert "\0" not in text
        assert "x" * 301 not in text
    assert "<script" not in made[PAGE_PATH].decode("utf-8")


def test_samples_are_on_the_page_and_nowhere_else_unless_asked_for(tmp_path):
    made = files(tmp_path, inputs())
    assert b"too short" in made[PAGE_PATH]
    assert b"too short" not in made[README_PATH]


def test_samples_are_nowhere_if_the_author_wants_none(tmp_path):
    made = files(tmp_path, inputs(declared=CardDeclaration(samples="none")))
    shown = {path for path, content in made.items() if b"too short" in content}
    assert shown == {"card/inputs.json"}


def test_what_is_not_known_is_said_and_no_promise_is_made(tmp_path):
    made = files(tmp_path, inputs())
    readme = made[README_PATH].decode("utf-8")
    for gap in LIMITS:
        assert f"`{gap}`" in readme
    for path in (README_PATH, PAGE_PATH):
        for promise in ("clean", "safe", "representative", "PII-free"):
            assert not re.search(rf"\b{promise}\b", made[path].decode("utf-8"), re.IGNORECASE)


def test_a_license_the_hub_does_not_know_is_refused():
    with pytest.raises(RecipeError, match="license"):
        CardDeclaration(license="my own")
