"""What one rendering of the page carries along: the card, the bounds, and the names taken."""

import re
from dataclasses import dataclass, field

from haybale.cards.card import Card
from haybale.cards.page.limits import Limits


@dataclass
class Context:
    """See the module."""

    card: Card
    limits: Limits
    _taken: dict[str, int] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether an element has this id already."""
        return name in self._taken

    def anchor(self, name: str) -> str:
        """An id that no other element has: the name itself the first time, then with a number."""
        name = anchor_text(name)
        self._taken[name] = self._taken.get(name, 0) + 1
        if self._taken[name] == 1:
            return name
        return self.anchor(f"{name}-{self._taken[name]}")


def anchor_text(name: str) -> str:
    """A name with only what stands in an id and in a link to it without escapes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)
