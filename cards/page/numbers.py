"""How a value is written."""

from typing import Literal

from haybale.cards.fact import Fact, Value

Style = Literal["count", "percent", "ratio", "scaled"]
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_MINUS = "−"
_SPACE = "\u00a0"
"""No line break between a number and its unit."""


def value_text(value: Value, style: Style) -> str:
    """A value in words for people.

    Raises:
        ValueError: If the value is a mapping, such as a histogram, which is no number.
    """
    if value is None:
        return "not measured"
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float):
        raise ValueError(
            f"expected a number or text to show, found {type(value).__name__}; show a histogram "
            "with haybale.cards.blocks.Histogram"
        )
    sign, size = (_MINUS if value < 0 else ""), abs(value)
    return sign + {"count": count, "percent": percent, "ratio": ratio, "scaled": scaled}[style](
        size
    )


def count(value: float) -> str:
    """1,234; of numbers that are not whole and small, three digits that count."""
    if isinstance(value, int) or value >= 100 or value == int(value):
        return f"{round(value):,}"
    return f"{value:.3g}"


def percent(value: float) -> str:
    """A fraction as 12.34 %; never 0 or 100 where it is neither."""
    if 0 < value < 0.00005:
        return f"< 0.01{_SPACE}%"
    if 0.99995 <= value < 1:
        return f"> 99.99{_SPACE}%"
    return f"{100 * value:,.2f}{_SPACE}%"


def ratio(value: float) -> str:
    """Two decimals; never 0.00 where it is above."""
    return "< 0.01" if 0 < value < 0.005 else f"{value:,.2f}"


def scaled(value: float) -> str:
    """1.4 trillion: three digits that count, from a million on; a count below."""
    for scale, name in _SCALES:
        if round(value) >= scale or float(f"{value:.3g}") >= scale:
            return f"{float(f'{value / scale:.3g}'):,g}{_SPACE}{name}"
    return count(value)


def evidence_text(fact: Fact, style: Style) -> str:
    """Interval and number of trials of an estimate, in brackets; empty for others."""
    parts = []
    if fact.interval is not None:
        low, high = (value_text(bound, style) for bound in fact.interval)
        parts.append(f"{low} to {high}")
    if fact.n is not None:
        parts.append(f"n{_SPACE}{fact.n:,}")
    return f"({', '.join(parts)})" if parts else ""
