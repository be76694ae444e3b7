"""Texts to try every rule on: what repeats, and what nobody would think of."""

import pyarrow as pa
from hypothesis import strategies as st


def texts(*values):
    return pa.array(values, pa.large_string())


_WORDS = st.sampled_from(
    [
        "the",
        "Hay,",
        "a",
        "\u00e9t\u00e9",
        "#",
        "...",
        "\u2026",
        "-x",
        "\u4e2d",
        "[1]",
        "don't",
        "HAY",
    ]
)
_SPACES = st.sampled_from(
    [" ", " ", " ", "  ", "\n", "\n\n", "\n \n", "\t", "\u00a0", "\r\n", ".\n"]
)
TEXTS = st.lists(st.tuples(_WORDS, _SPACES), max_size=60).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)
ANY = st.one_of(TEXTS, st.text(max_size=60), TEXTS.map(lambda text: text * 3))
"""Texts that repeat, with every kind of space, sign and line."""

EVERY_WIDTH = st.text(
    st.sampled_from(
        "ab CD\u0130\u1e9e.\n\t-'\u00e9\u4e2d\u3000\u00a0\U0001f600\U00020000\u0301\0\x1c\x7f"
        "\u212a\u023a\u023e\U00010400\U000e0041\U0010ffff\u2028"
    ),
    max_size=80,
)
"""Of one to four bytes; lower cases that are shorter, longer and two code points; odd spaces."""
