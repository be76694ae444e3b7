"""Horizontal bars from zero."""

from collections.abc import Sequence
from dataclasses import dataclass

from haybale.cards.blocks import Bar, Bars, Cell
from haybale.cards.page.context import Context
from haybale.cards.page.element import element, length, percent
from haybale.cards.page.escape import join
from haybale.cards.page.figure import Drawing
from haybale.cards.page.inline import plain
from haybale.cards.page.lanes import Lanes, grid_lines, lanes
from haybale.cards.page.numbers import count, scaled
from haybale.cards.page.scale import Linear, tick_text

_THICKNESS = 11


@dataclass(frozen=True)
class Shared:
    """What charts to be compared have in common."""

    axis: Linear
    lanes: Lanes


def shared(charts: Sequence[Bars]) -> Shared:
    """One axis and layout for all."""
    bars = [bar for chart in charts for bar in chart.bars]
    ends = [bar.interval[1] if bar.interval else bar.value for bar in bars]
    return Shared(
        Linear(max([*ends, *(bar.value for bar in bars)], default=0)),
        lanes(
            [plain(bar.label) for bar in bars],
            [_value_text(bar, chart) for chart in charts for bar in chart.bars],
        ),
    )


def draw(chart: Bars, common: Shared, context: Context) -> Drawing:
    """The chart."""
    drawn = chart.bars[: context.limits.max_bars]
    layout, axis = common.lanes, common.axis
    height = layout.height * len(drawn)
    marks = [grid_lines([(axis.place(tick), tick_text(tick)) for tick in axis.ticks()], height)]
    for row, bar in enumerate(drawn):
        top = row * layout.height
        marks.append(layout.label(plain(bar.label), top))
        marks.append(
            element(
                "rect",
                class_="bar",
                x=0,
                y=top + layout.middle - _THICKNESS / 2,
                width=length(axis.place(bar.value)),
                height=_THICKNESS,
            )
        )
        end = bar.value
        if bar.interval:
            end = max(end, bar.interval[1])
            marks.append(
                element(
                    "line",
                    class_="interval",
                    x1=percent(axis.place(bar.interval[0])),
                    x2=percent(axis.place(bar.interval[1])),
                    y1=top + layout.middle,
                    y2=top + layout.middle,
                )
            )
        marks.append(layout.value(_value_text(bar, chart), percent(axis.place(end)), top))
    return Drawing(
        caption=chart.caption,
        sentence=_sentence(chart),
        height=height + 20,
        marks=join(marks),
        columns=("", chart.unit, *(("interval",) if _any_interval(chart) else ()), *_notes(chart)),
        rows=tuple(_row(bar, chart) for bar in chart.bars),
        num_drawn=len(drawn),
        room=layout.room,
    )


def _value_text(bar: Bar, chart: Bars) -> str:
    value = scaled(bar.value) + ("\u00a0%" if chart.unit.startswith("%") else "")
    return f"{value} · {bar.note}" if bar.note else value


def _any_interval(chart: Bars) -> bool:
    return any(bar.interval for bar in chart.bars)


def _notes(chart: Bars) -> tuple[str, ...]:
    return ("note",) if any(bar.note for bar in chart.bars) else ()


def _row(bar: Bar, chart: Bars) -> tuple[Cell, ...]:
    interval = f"{count(bar.interval[0])} to {count(bar.interval[1])}" if bar.interval else ""
    return (
        bar.label,
        count(bar.value),
        *((interval,) if _any_interval(chart) else ()),
        *((bar.note,) if _notes(chart) else ()),
    )


def _sentence(chart: Bars) -> str:
    if not chart.bars:
        return f"No bars: there are no {chart.unit} to show."
    most = max(chart.bars, key=lambda bar: bar.value)
    least = min(chart.bars, key=lambda bar: bar.value)
    if len(chart.bars) == 1:
        return f"One bar: {plain(most.label)} with {count(most.value)} {chart.unit}."
    return (
        f"{len(chart.bars)} bars of {chart.unit}. The longest is {plain(most.label)} with "
        f"{count(most.value)}, the shortest {plain(least.label)} with {count(least.value)}."
    )
