"""What the pages have in common: cells of tables, and paragraphs."""

import textwrap

_COLUMNS = 105


def cell(text: str) -> str:
    """Text as it stands in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def filled(text: str) -> str:
    """A paragraph, in lines of the length that all pages have."""
    return textwrap.fill(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)
