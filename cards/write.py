"""Commits a card: facts, the page rendered from them, and the inputs to make both again."""

from typing import Any

from haybale.cards.facts import CardInputs, build_facts
from haybale.cards.markdown import render
from haybale.corpus.digests import canonical_json
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

FACTS_PATH = "card/card.json"
README_PATH = "card/README.md"
INPUTS_PATH = "card/inputs.json"


def write_card(folder: Folder, inputs: CardInputs) -> list[FileRecord]:
    """Write `card/` below a corpus folder.

    Raises:
        HaybaleError: If the ledger does not add up.
    """
    return [folder.commit_bytes(path, data) for path, data in card_files(inputs).items()]


def card_files(inputs: CardInputs) -> dict[str, bytes]:
    """Path to content of every file of a card."""
    facts: dict[str, Any] = build_facts(inputs)
    return {
        FACTS_PATH: canonical_json(facts),
        README_PATH: render(facts).encode("utf-8"),
        INPUTS_PATH: canonical_json(inputs.as_json()),
    }
