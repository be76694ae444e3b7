"""A funnel: what each step removed, and what it left, as parts of the whole at the start."""

from collections.abc import Sequence

from haybale.cards.blocks import Funnel, FunnelStep
from haybale.cards.page.context import Context
from haybale.cards.page.element import element, length, percent
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.figure import Drawing
from haybale.cards.page.inline import plain
from haybale.cards.page.lanes import Lanes, lanes
from haybale.cards.page.numbers import count, scaled
from haybale.cards.page.numbers import percent as share

_THICKNESS = 11


def shared(charts: Sequence[Funnel]) -> Lanes:
    """One layout for all; each chart's axis is its own whole."""
    texts = [_value_text(step) for chart in charts for step in chart.steps]
    names = ["start", *(plain(step.label) for chart in charts for step in chart.steps)]
    return lanes(names, [*texts, *(scaled(chart.whole) for chart in charts)])


def draw(chart: Funnel, layout: Lanes, context: Context) -> Drawing:
    """The chart."""
    drawn = chart.steps[: context.limits.max_bars]
    marks = [
        layout.label("start", 0),
        _part("bar", 0, 1, layout.middle),
        layout.value(scaled(chart.whole), "100%", 0),
    ]
    for row, step in enumerate(drawn, start=1):
        top = row * layout.height
        left, removed = _of(step.left, chart), _of(step.removed, chart)
        marks += [
            layout.label(plain(step.label), top),
            _part("rest", 0, 1, top + layout.middle),
            _part("bar", 0, left, top + layout.middle),
            _part("removed", left, removed, top + layout.middle),
            layout.value(_value_text(step), "100%", top),
        ]
    return Drawing(
        caption=chart.caption,
        sentence=_sentence(chart),
        height=layout.height * (len(drawn) + 1) + 4,
        marks=join(marks),
        columns=("step", f"{chart.unit} removed", "of what came to it", f"{chart.unit} left"),
        rows=(
            ("start", "", "", count(chart.whole)),
            *(
                (step.label, count(step.removed), _share_of_input(step), count(step.left))
                for step in chart.steps
            ),
        ),
        num_drawn=len(drawn) + 1,
        room=layout.room,
        notes=(
            f"Left part, blue: {chart.unit} left. Beside it, orange: removed by this step. The "
            "whole width is the start.",
        ),
    )


def _part(class_: str, start: float, part: float, middle: float) -> Markup:
    return element(
        "rect",
        class_=class_,
        x=percent(start),
        y=middle - _THICKNESS / 2,
        width=length(part),
        height=_THICKNESS,
    )


def _of(part: int, chart: Funnel) -> float:
    return part / chart.whole if chart.whole else 0.0


def _share_of_input(step: FunnelStep) -> str:
    came = step.removed + step.left
    return share(step.removed / came if came else 0.0)


def _value_text(step: FunnelStep) -> str:
    return f"−{scaled(step.removed)} · {_share_of_input(step)}" if step.removed else "0"


def _sentence(chart: Funnel) -> str:
    if not chart.steps:
        return f"{count(chart.whole)} {chart.unit} and no step that could remove any."
    most = max(chart.steps, key=lambda step: step.removed)
    left = chart.steps[-1].left
    return (
        f"From {count(chart.whole)} {chart.unit} to {count(left)}, "
        f"{share(_of(left, chart))} of them, in {len(chart.steps)} steps. Most was removed by "
        f"{plain(most.label)}: {count(most.removed)}, {_share_of_input(most)} of what came to it."
    )
