"""Sizes and budgets on axes and beside curves: 70B, 6.0 x 10^18."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from haybale.scaling.amounts import amount


def power(number: float) -> str:
    """A number of FLOPs to two digits, in Matplotlib's notation of formulas."""
    digits, exponent = f"{number:.1e}".split("e")
    return rf"${digits}\times10^{{{int(exponent)}}}$"


def write_powers(axis: Axis, low: float, high: float) -> None:
    """Label a logarithmic axis of FLOPs, closely where it is short."""
    subs = (1.0, 3.0) if high / low < 100 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda number, _: round_power(number)))
    axis.set_minor_formatter(NullFormatter())


def round_power(number: float) -> str:
    """A number of FLOPs to one digit, and a power of ten as that."""
    digit, exponent = f"{number:.0e}".split("e")
    factor = "" if digit == "1" else rf"{digit}\times"
    return rf"${factor}10^{{{int(exponent)}}}$"


def write_amounts(axis: Axis, low: float, high: float) -> None:
    """Label a logarithmic axis of this range with amounts, closely where it is short."""
    subs = (1.0, 2.0, 5.0) if high / low < 1000 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda number, _: amount(number)))
    axis.set_minor_formatter(NullFormatter())
