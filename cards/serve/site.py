"""What the server shows: a card, the corpus it is of where that is at hand, and a comparison."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haybale.cards.card import Card
from haybale.cards.compare.changes import compare, read_card
from haybale.cards.forms import FACTS_PATH, PAGE_PATH
from haybale.corpus.manifest import MANIFEST_PATH, Manifest, read_manifest, verify_listed
from haybale.corpus.storage import Folder


@dataclass(frozen=True)
class Site:
    """See the module.

    Attributes:
        folder: Of the corpus or of its card.
        card: Its card.
        facts: `card.json`, as it is.
        page: `card.html`, as it is.
        manifest: Of the corpus; null where there is only a card.
        changes: Since an earlier version; null where none was given.
    """

    folder: Folder
    card: Card
    facts: bytes
    page: bytes
    manifest: Manifest | None
    changes: Mapping[str, Any] | None

    @property
    def title(self) -> str:
        """Of the card."""
        return str(self.card.declared.get("title") or self.card.name)

    @property
    def shown_rules(self) -> frozenset[str]:
        """Rules whose removals may be shown: those that the card has samples of.

        It has none of rules that remove personal or offensive text, and none at all if its author
        wants none.
        """
        removed = (row for row in self.card.samples if row["state"] == "removed")
        return frozenset(row["rule"] for row in removed)


def open_site(folder: Folder, old: Folder | None) -> Site:
    """Read a card, and compare it with an earlier one.

    Args:
        folder: Of a corpus, or of its card.
        old: Of an earlier version; null: compare with nothing.

    Raises:
        HaybaleError: If there is no card, if it is not what the corpus's manifest says, or if the
            two corpora have nothing to do with each other.
    """
    manifest = read_manifest(folder) if folder.exists(MANIFEST_PATH) else None
    card = read_card(folder)
    if manifest is not None:
        for path in (FACTS_PATH, PAGE_PATH):
            verify_listed(folder, manifest, path)
    changes = None if old is None else compare(read_card(old), card, old, folder)
    facts, page = (folder.read(path) for path in (FACTS_PATH, PAGE_PATH))
    return Site(folder, card, facts, page, manifest, changes)
