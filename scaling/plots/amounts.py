"""Sizes and budgets as axes and labels write them: 70B, 1.4T, 6.0 x 10^18."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def amount(number: float) -> str:
    """A number of parameters or tokens to three digits."""
    for unit, letter in _UNITS:
        if number >= unit * 0.9995:
            return f"{number / unit:.3g}{letter}"
    return f"{number:.3g}"


def power(number: float) -> str:
    """A number of FLOPs to two digits, in Matplotlib's notation of formulas."""
    digits, exponent = f"{number:.1e}".split("e")
    return rf"${digits}\times10^{{{int(exponent)}}}$"


def write_amounts(axis: Axis, low: float, high: float) -> None:
    """Label a logarithmic axis of this range with amounts, closely where it is short."""
    subs = (1.0, 2.0, 5.0) if high / low < 1000 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda number, _: amount(number)))
    axis.set_minor_formatter(NullFormatter())
