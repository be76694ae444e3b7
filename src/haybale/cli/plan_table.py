"""Aligned columns, and numbers of three digits in them."""

from collections.abc import Iterator


def scaled(number: float) -> str:
    """To three digits, with the K, M, B or T of tokens and parameters."""
    number = float(f"{number:.3g}")
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= unit:
            value = number / unit
            return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}{letter}"
    return f"{number:g}"


def table(rows: list[list[str]]) -> Iterator[str]:
    """The first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([f"{first:{widths[0]}}", *cells]).rstrip()
