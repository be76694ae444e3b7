"""A histogram over a logarithmic axis, whose area is what was counted.

Buckets differ in width, so a height is a density: the count per doubling of the size. Buckets
narrower than a quarter of a doubling are put together, since no eye tells them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from haybale.cards.blocks import Histogram
from haybale.cards.page.context import Context
from haybale.cards.page.element import coordinate, element
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.figure import Drawing, label
from haybale.cards.page.lanes import grid_lines
from haybale.cards.page.numbers import count
from haybale.cards.page.scale import Linear, Logarithmic, tick_text
from haybale.cards.page.stretches import Buckets, density, doublings, stretches

_HEIGHT = 150
_MIN_SPAN = 4
"""A shorter axis is made longer by a doubling on both sides."""
_GRAIN = 1000
"""Units of the stretched drawing, across and down."""


@dataclass(frozen=True)
class Axes:
    """What charts to be compared have in common."""

    x: Logarithmic
    y: Linear


def shared(charts: Sequence[Histogram]) -> Axes:
    """One pair of axes for all."""
    drawn = [stretch for chart in charts for stretch in stretches(chart.buckets)]
    low: float = min([low for low, _, _ in drawn], default=1)
    high: float = max([high for _, high, _ in drawn], default=2)
    if high < _MIN_SPAN * low:
        low, high = max(low / 2, 0.5), high * 2
    top = max([density(stretch) for stretch in drawn], default=0)
    return Axes(Logarithmic(low, high), Linear(top))


def draw(chart: Histogram, axes: Axes, context: Context) -> Drawing:
    """The chart."""
    zero = sum(number for low, _, number in chart.buckets if low == 0)
    marks = [
        *(_level(tick, axes) for tick in axes.y.ticks() if tick),
        grid_lines([(axes.x.place(tick), tick_text(tick)) for tick in axes.x.ticks()], _HEIGHT),
        element(
            "svg",
            element("path", class_="area", d=_outline(stretches(chart.buckets), axes)),
            x=0,
            y=0,
            width="100%",
            height=_HEIGHT,
            viewBox=f"0 0 {_GRAIN} {_GRAIN}",
            preserveAspectRatio="none",
        ),
        element("line", class_="floor", x1=0, x2="100%", y1=_HEIGHT, y2=_HEIGHT),
    ]
    notes = [f"Across: {chart.unit}. Height: {chart.counted} per doubling, so that area is count."]
    if zero:
        notes.append(f"Not drawn: {count(zero)} {chart.counted} of 0 {chart.unit}.")
    return Drawing(
        caption=chart.caption,
        sentence=_sentence(chart),
        height=_HEIGHT + 20,
        marks=join(marks),
        columns=(f"{chart.unit}, from", "to", chart.counted, "share", "share up to here"),
        rows=doublings(chart.buckets),
        room="left-0 right-2",
        notes=tuple(notes),
    )


def _outline(drawn: Buckets, axes: Axes) -> Markup:
    steps, end = [f"M0 {_GRAIN}"], 0.0
    for low, high, number in drawn:
        start = _GRAIN * axes.x.place(low)
        if start > end:
            steps.append(f"V{_GRAIN}H{coordinate(start)}")
        top = _GRAIN * (1 - axes.y.place(density((low, high, number))))
        end = _GRAIN * axes.x.place(high)
        steps.append(f"V{coordinate(top)}H{coordinate(end)}")
    return Markup("".join([*steps, f"V{_GRAIN}Z"]))


def _level(tick: float, axes: Axes) -> Markup:
    y = _HEIGHT * (1 - axes.y.place(tick))
    line = element("line", class_="tick", x1=0, x2="100%", y1=y, y2=y)
    return join([line, label(tick_text(tick), "100%", y + 4, "axis", dx=6)])


def _sentence(chart: Histogram) -> str:
    whole = sum(number for _, _, number in chart.buckets)
    if not whole:
        return f"No {chart.counted} to show."
    passed, middle = 0, chart.buckets[0]
    for middle in chart.buckets:
        passed += middle[2]
        if 2 * passed >= whole:
            break
    held = [bucket for bucket in chart.buckets if bucket[2]]
    between = (
        f"{count(middle[0])}"
        if middle[1] == middle[0] + 1
        else f"between {count(middle[0])} and {count(middle[1] - 1)}"
    )
    return (
        f"{count(whole)} {chart.counted} of {count(held[0][0])} to {count(held[-1][1] - 1)} "
        f"{chart.unit}. The median is {between} {chart.unit}."
    )
