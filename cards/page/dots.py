"""Dots with intervals left and right of a line, such as ratios around 1, on a logarithmic axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from haybale.cards.blocks import Bar, Bars
from haybale.cards.page.context import Context
from haybale.cards.page.element import element, percent
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.figure import Drawing
from haybale.cards.page.inline import plain
from haybale.cards.page.lanes import Lanes, grid_lines, lanes
from haybale.cards.page.numbers import ratio
from haybale.cards.page.scale import Logarithmic, around, tick_text

_RADIUS = 4.5


@dataclass(frozen=True)
class Shared:
    """What charts to be compared have in common."""

    axis: Logarithmic
    baseline: float
    lanes: Lanes


def shared(charts: Sequence[Bars]) -> Shared:
    """One axis and layout for all; the first chart's baseline is its middle."""
    baseline = charts[0].baseline
    if baseline is None or baseline <= 0:
        raise ValueError(f"expected a baseline above 0 for a logarithmic axis, found {baseline}")
    bars = [bar for chart in charts for bar in chart.bars]
    values = [end for bar in bars for end in (bar.value, *(bar.interval or ()))]
    texts = [_value_text(bar) for bar in bars]
    layout = lanes([plain(bar.label) for bar in bars], texts)
    return Shared(around(baseline, values), baseline, layout)


def draw(chart: Bars, common: Shared, context: Context) -> Drawing:
    """The chart."""
    drawn = chart.bars[: context.limits.max_bars]
    layout, axis = common.lanes, common.axis
    height = layout.height * len(drawn)
    middle = percent(axis.place(common.baseline))
    marks = [
        grid_lines([(axis.place(tick), tick_text(tick)) for tick in axis.ticks()], height),
        element("line", class_="baseline", x1=middle, x2=middle, y1=0, y2=height),
    ]
    for row, bar in enumerate(drawn):
        top = row * layout.height
        marks.append(layout.label(plain(bar.label), top))
        marks.append(_dot(bar, common, top + layout.middle))
        marks.append(layout.value(_value_text(bar), "100%", top))
    return Drawing(
        caption=chart.caption,
        sentence=_sentence(chart, common.baseline),
        height=height + 20,
        marks=join(marks),
        columns=("", chart.unit, "interval", "note"),
        rows=tuple(
            (bar.label, ratio(bar.value), _interval_text(bar), bar.note) for bar in chart.bars
        ),
        num_drawn=len(drawn),
        room=layout.room,
        notes=(
            f"Across: {chart.unit}, on a logarithmic axis. The strong line is "
            f"{ratio(common.baseline)}; a hollow dot has it in its interval.",
        ),
    )


def _dot(bar: Bar, common: Shared, y: float) -> Markup:
    axis = common.axis
    side = _side(bar, common.baseline)
    marks = [element("line", class_="lane", x1=0, x2="100%", y1=y, y2=y)]
    if bar.interval:
        low, high = (percent(axis.place(end)) for end in bar.interval)
        marks.append(element("line", class_=f"interval {side}", x1=low, x2=high, y1=y, y2=y))
    place = percent(axis.place(bar.value))
    marks.append(element("circle", class_=f"dot {side}", cx=place, cy=y, r=_RADIUS))
    return join(marks)


def _side(bar: Bar, baseline: float) -> str:
    low, high = bar.interval or (bar.value, bar.value)
    return "above" if low > baseline else "below" if high < baseline else "unclear"


def _value_text(bar: Bar) -> str:
    return f"{ratio(bar.value)} · {bar.note}" if bar.note else ratio(bar.value)


def _interval_text(bar: Bar) -> str:
    return f"{ratio(bar.interval[0])} to {ratio(bar.interval[1])}" if bar.interval else ""


def _sentence(chart: Bars, baseline: float) -> str:
    if not chart.bars:
        return f"No dots: there are no {chart.unit} to show."
    sides = [_side(bar, baseline) for bar in chart.bars]
    most = max(chart.bars, key=lambda bar: bar.value)
    least = min(chart.bars, key=lambda bar: bar.value)
    return (
        f"{len(chart.bars)} dots of {chart.unit}: {sides.count('above')} above "
        f"{ratio(baseline)}, {sides.count('below')} below, and {sides.count('unclear')} whose "
        f"interval holds it. The highest is {plain(most.label)} with {ratio(most.value)}, the "
        f"lowest {plain(least.label)} with {ratio(least.value)}."
    )
