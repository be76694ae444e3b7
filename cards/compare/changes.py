"""What changed from one version of a corpus to the next, as their cards have it."""

from dataclasses import asdict
from typing import Any

from haybale.cards.card import FORMAT, Card
from haybale.cards.compare.facts import facts_only_in, moved_facts
from haybale.cards.compare.recipes import changed_inputs, changed_settings, input_digests
from haybale.cards.compare.turnover import turnover
from haybale.cards.forms import FACTS_PATH
from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.storage import Folder, read_parsed


def read_card(folder: Folder) -> Card:
    """The card in a folder.

    Raises:
        RecipeError: If there is none.
        ManifestMismatchError: If it is of another format.
    """
    where = folder.path(FACTS_PATH)
    if not folder.exists(FACTS_PATH):
        raise RecipeError(
            f"{where}: expected a card, found no file; name a folder that `haybale build` or "
            "`haybale card build` wrote"
        )
    raw = read_parsed(folder, FACTS_PATH)
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        raise ManifestMismatchError(
            f"{where}: expected format {FORMAT}, found {found}; `haybale card build` makes the "
            "card anew from what the corpus recorded"
        )
    return Card(raw)


def compare(
    old: Card, new: Card, old_folder: Folder, new_folder: Folder, *, unrelated_too: bool = False
) -> dict[str, Any]:
    """Compare two cards.

    Args:
        old: The earlier card.
        new: The later one.
        old_folder: Where ids of the earlier corpus's documents are, if they are anywhere.
        new_folder: Likewise of the later one's.
        unrelated_too: Whether to compare corpora that have nothing to do with each other.

    Returns:
        `{"from": name and digest of the old card, "facts": {"moved", "gone", "new"}, "settings",
        "inputs": {"gone", "new", "changed"}, "documents"}`, fit for JSON.

    Raises:
        RecipeError: If the two corpora have nothing to do with each other.
    """
    if not unrelated_too:
        check_related(old, new)
    return {
        "from": {"name": old.name, "card": digest(canonical_json(old.raw))},
        "facts": {
            "moved": [asdict(fact) for fact in moved_facts(old, new)],
            "gone": facts_only_in(old, new),
            "new": facts_only_in(new, old),
        },
        "settings": [setting._asdict() for setting in changed_settings(old, new)],
        "inputs": changed_inputs(old, new)._asdict(),
        "documents": turnover(old, new, old_folder, new_folder).as_json(),
    }


def check_related(old: Card, new: Card) -> None:
    """Refuse to compare what is no version of the other.

    Two corpora are related that have the same name, or an input file of the same content.

    Raises:
        RecipeError: Naming both.
    """
    contents = [set(input_digests(card).values()) for card in (old, new)]
    if old.name == new.name or contents[0] & contents[1]:
        return
    raise RecipeError(
        f"{old.name!r} and {new.name!r} have neither their name nor an input file in common, so "
        "they are no versions of one corpus; give two builds of one recipe, or say --force"
    )
