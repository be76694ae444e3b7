"""A rising line of shares, beside the line that equal shares would give."""

from bisect import bisect_right
from collections.abc import Sequence

from haybale.cards.blocks import Curve
from haybale.cards.page.context import Context
from haybale.cards.page.element import coordinate, element, percent
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.figure import Drawing, label
from haybale.cards.page.lanes import grid_lines
from haybale.cards.page.numbers import percent as share

_HEIGHT = 220
_GRAIN = 1000
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MAX_POINTS = 200
_READ_AT = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75)
"""Where the sentence and the table read the line, beside its own points."""

Point = tuple[float, float]


def shared(charts: Sequence[Curve]) -> None:
    """Shares have the same axes everywhere."""


def draw(chart: Curve, common: None, context: Context) -> Drawing:
    """The chart."""
    points = _thin(chart.points)
    steps = [f"{coordinate(_GRAIN * x)} {coordinate(_GRAIN * (1 - y))}" for x, y in points]
    marks = [
        *(_level(y) for y in _QUARTERS[1:]),
        grid_lines([(x, _short(x)) for x in _QUARTERS], _HEIGHT),
        element(
            "svg",
            element("path", class_="equal", d=f"M0 {_GRAIN}L{_GRAIN} 0"),
            element("path", class_="curve", d=Markup(f"M{'L'.join(steps)}")) if steps else Markup(),
            x=0,
            y=0,
            width="100%",
            height=_HEIGHT,
            viewBox=f"0 0 {_GRAIN} {_GRAIN}",
            preserveAspectRatio="none",
        ),
        *(_reading(chart.points, x) for x in (0.01, 0.1) if len(chart.points) > 1),
        element("line", class_="floor", x1=0, x2="100%", y1=_HEIGHT, y2=_HEIGHT),
    ]
    return Drawing(
        caption=chart.caption,
        sentence=_sentence(chart),
        height=_HEIGHT + 20,
        marks=join(marks),
        columns=(f"share of {chart.x}", f"share of {chart.y}"),
        rows=tuple((share(x), share(y)) for x, y in _readings(chart.points)),
        room="left-0 right-2",
        notes=(f"Across: share of {chart.x}. Up: share of {chart.y}. Dashed: equal shares.",),
    )


def at(points: Sequence[Point], x: float) -> float:
    """Height of the line at `x`, straight between its points; it begins at (0, 0)."""
    place = bisect_right([point[0] for point in points], x)
    before = points[place - 1] if place else (0.0, 0.0)
    if place == len(points):
        return before[1]
    after = points[place]
    return before[1] + (after[1] - before[1]) * (x - before[0]) / (after[0] - before[0])


def _thin(points: Sequence[Point]) -> Sequence[Point]:
    """At most `_MAX_POINTS` of the points, evenly chosen, the last among them."""
    if len(points) <= _MAX_POINTS:
        return points
    last = len(points) - 1
    return [points[round(step * last / (_MAX_POINTS - 1))] for step in range(_MAX_POINTS)]


def _level(y: float) -> Markup:
    place = _HEIGHT * (1 - y)
    line = element("line", class_="tick", x1=0, x2="100%", y1=place, y2=place)
    return join([line, label(_short(y), "100%", place + 4, "axis", dx=6)])


def _reading(points: Sequence[Point], x: float) -> Markup:
    y = at(points, x)
    top = _HEIGHT * (1 - y)
    text = f"{_short(x)}: {share(y)}"
    return join(
        [
            element("circle", class_="dot above", cx=percent(x), cy=top, r=4),
            label(text, percent(x), top + 5, "value", dx=9),
        ]
    )


def _readings(points: Sequence[Point]) -> list[Point]:
    if not points:
        return []
    return [*((x, at(points, x)) for x in _READ_AT), points[-1]]


def _short(fraction: float) -> str:
    return f"{100 * fraction:g}\u00a0%"


def _sentence(chart: Curve) -> str:
    if not chart.points:
        return f"No line: there are no {chart.x} to show."
    parts = ", ".join(f"{_short(x)} have {share(at(chart.points, x))}" for x in (0.01, 0.1, 0.5))
    return f"Of {chart.x}, the first {parts} of {chart.y}."
