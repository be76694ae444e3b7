"""The difference of two texts, word by word, for people to read."""

from difflib import SequenceMatcher
from typing import NamedTuple

MAX_WORDS = 20_000
"""Words of a text that are compared; what comes after is not."""


class Piece(NamedTuple):
    """A run of the words of two texts.

    Attributes:
        same: Whether it stands in both.
        left: What the first text has here, words divided by single spaces.
        right: What the second text has here.
    """

    same: bool
    left: str
    right: str


def difference(left: str, right: str) -> list[Piece]:
    """Cut two texts into runs that are the same and runs that are not, in order.

    Texts are compared word by word, as white space divides them; white space itself, which
    duplicates often differ in, is not compared.
    """
    one, other = (text.split()[:MAX_WORDS] for text in (left, right))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return [
        Piece(kind == "equal", " ".join(one[start:stop]), " ".join(other[first:last]))
        for kind, start, stop, first, last in matcher.get_opcodes()
    ]


def marked(pieces: list[Piece], context: int) -> str:
    """A difference on one line: `[-only left-] {+only right+}`, long sameness left out.

    Args:
        pieces: From `difference`.
        context: Characters shown of what is the same, on each side of a difference.
    """
    shown = []
    for at, piece in enumerate(pieces):
        if not piece.same:
            shown += [f"[-{piece.left}-]"] if piece.left else []
            shown += [f"{{+{piece.right}+}}"] if piece.right else []
            continue
        before, after = context * (at > 0), context * (at + 1 < len(pieces))
        if len(piece.left) <= before + after:
            shown.append(piece.left)
        else:
            shown.append(f"{piece.left[:before]}...{piece.left[len(piece.left) - after :]}")
    return " ".join(shown)
