"""Where the labels of horizontal bars go: beside them if they are short, else above them.

Text in a drawing neither wraps nor shrinks, so what a phone has no room for stands above its bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from haybale.cards.page.element import coordinate
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.figure import label, shorten

_STEP, _GAP = 20, 8
"""Pixels; the style sheet has a class for each number of steps."""
_MAX_RIGHT, _MAX_TOGETHER, _SHORT = 10, 10, 3
"""Steps: together 200 pixels, of the 355 that a phone has; short labels in any case."""
_CHARACTER, _WIDE_CHARACTER = 7.0, 13.0
_MAX_CHARACTERS, _MAX_VALUE_CHARACTERS = 48, 27


@dataclass(frozen=True)
class Lanes:
    """The layout of a chart, or of charts to be compared.

    Attributes:
        left: Steps of room for labels on the left; 0: labels stand above.
        right: Steps of room for values on the right.
    """

    left: int
    right: int

    @property
    def height(self) -> float:
        """Of one lane, in pixels."""
        return 24 if self.left else 40

    @property
    def middle(self) -> float:
        """Of the bar, below the top of its lane."""
        return 12 if self.left else 27

    @property
    def room(self) -> str:
        """Classes of the drawing."""
        return f"left-{self.left} right-{self.right}"

    def label(self, text: str, top: float) -> Markup:
        """What names a lane."""
        if self.left:
            return label(shorten(text, _MAX_CHARACTERS), -8, top + 16.5, "name", "end")
        return label(shorten(text, _MAX_CHARACTERS), 0, top + 14, "name")

    def value(self, text: str, end: str, top: float) -> Markup:
        """What stands behind a bar that ends at `end`."""
        return label(
            shorten(text, _MAX_VALUE_CHARACTERS), end, top + self.middle + 4.5, "value", dx=6
        )


def lanes(labels: Sequence[str], values: Sequence[str]) -> Lanes:
    """A layout in which all labels and values have room."""
    left, right = (_steps(max(map(text_width, texts), default=0)) for texts in (labels, values))
    right = min(right, _MAX_RIGHT)
    beside = left <= _SHORT or left + right <= _MAX_TOGETHER
    return Lanes(left if beside else 0, right)


def text_width(text: str) -> float:
    """Pixels that a label needs, nearly; ideographs and the like are wide."""
    return sum(_WIDE_CHARACTER if ord(letter) >= 0x2E80 else _CHARACTER for letter in text)


def grid_lines(places: Sequence[tuple[float, str]], height: float) -> Markup:
    """Upright lines at round numbers, named below; places as fractions of the width."""
    marks = []
    for place, name in places:
        x = f"{coordinate(100 * place)}%"
        marks.append(Markup(f'<line class="tick" x1="{x}" x2="{x}" y1="0" y2="{height:g}"/>'))
        anchor = "end" if place > 0.97 else "middle" if place > 0.03 else "start"
        marks.append(label(name, x, height + 15, "axis", anchor))
    return join(marks)


def _steps(width: float) -> int:
    return ceil((width + _GAP) / _STEP)
