"""Any text as markup that shows it and does nothing else.

Characters that steer, reorder or hide text are written out as their code points, so that a reader
sees what is there, and so that text by strangers cannot hide a part of itself.
"""

import re
from collections.abc import Iterable

_HIDDEN_RANGES = (
    *((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F)),  # controls, without tab and line feed
    *((0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800)),
    *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB)),
    *((0xD800, 0xF8FF), (0xFFFE, 0xFFFF), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)),
    (0xE0000, 0x10FFFF),
)
"""Controls, surrogates, private use, and what Unicode calls Default_Ignorable_Code_Point
(DerivedCoreProperties.txt of Unicode 16), which holds the zero-width and bidirectional ones; also
the line and paragraph separators, the blank Braille pattern and interlinear annotation. Written
down rather than asked of `unicodedata`, whose tables change with Python."""

_HIDDEN = re.compile(
    "[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in _HIDDEN_RANGES) + "]"
)
_RUN = re.compile(rf"({_HIDDEN.pattern})\1*")
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_TO_REFERENCES = str.maketrans(_REFERENCES)


class Markup(str):
    """Text that is markup already, and safe."""

    __slots__ = ()


def join(parts: Iterable[Markup], between: str = "") -> Markup:
    """Pieces of markup one after the other."""
    return Markup(between.join(parts))


def code_points(text: str) -> str:
    """Plain text with hidden characters written as `U+202E`; for attributes and drawings."""
    return _HIDDEN.sub(lambda match: _name(match[0]), text)


def attribute(text: str) -> str:
    """Text as it stands between the quotes of an attribute, or within a drawing."""
    return code_points(text).translate(_TO_REFERENCES)


def escape(text: str) -> Markup:
    """Text as markup; a run of one hidden character is one code point with its number."""
    pieces, end = [], 0
    for run in _RUN.finditer(text):
        pieces.append(text[end : run.start()].translate(_TO_REFERENCES))
        count = run.end() - run.start()
        times = f" ×{count}" if count > 1 else ""
        pieces.append(f'<span class="code-point">{_name(run[1])}{times}</span>')
        end = run.end()
    pieces.append(text[end:].translate(_TO_REFERENCES))
    return Markup("".join(pieces))


def cut(text: str, max_characters: int) -> str:
    """Text no longer than any person writes it; what is longer says so."""
    if len(text) <= max_characters:
        return text
    return f"{text[:max_characters]} … cut, of {len(text):,} characters"


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
