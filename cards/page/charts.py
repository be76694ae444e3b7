"""Which chart is drawn by which file, alone or beside others on the same scale."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from haybale.cards.blocks import Bars, Curve, Funnel, Grid, Histogram
from haybale.cards.page import bars, curve, dots, funnel, histogram
from haybale.cards.page.context import Context
from haybale.cards.page.element import element
from haybale.cards.page.escape import Markup
from haybale.cards.page.figure import Drawing, figure
from haybale.cards.page.tables import cut_note

Chart = Bars | Funnel | Histogram | Curve


def chart_block(chart: Chart, context: Context) -> Markup:
    """One chart."""
    return figure(_drawings([chart], context)[0], context)


def grid_block(grid: Grid, context: Context) -> Markup:
    """Charts side by side on the same scale."""
    shown = grid.charts[: context.limits.max_charts]
    drawings = _drawings(shown, context)
    common = [note for note in _all_notes(drawings) if all(note in each.notes for each in drawings)]
    figures = [
        figure(replace(each, notes=tuple(n for n in each.notes if n not in common)), context)
        for each in drawings
    ]
    parts = [element("div", *figures, class_="grid")]
    parts += [element("p", note, class_="note") for note in common]
    if len(shown) < len(grid.charts):
        parts.append(cut_note(len(shown), len(grid.charts), "charts"))
    return element("div", *parts, class_="block")


def _drawings(charts: Sequence[Chart], context: Context) -> list[Drawing]:
    """Drawings with what they share worked out per kind: a grid may hold several kinds."""
    drawings: list[Drawing | None] = [None] * len(charts)
    by_module: dict[ModuleType, list[int]] = {}
    for place, chart in enumerate(charts):
        by_module.setdefault(_module(chart), []).append(place)
    for module, places in by_module.items():
        draw: Callable[[Any, Any, Context], Drawing] = module.draw
        common = module.shared([charts[place] for place in places])
        for place in places:
            drawings[place] = draw(charts[place], common, context)
    return [drawing for drawing in drawings if drawing is not None]


def _all_notes(drawings: Sequence[Drawing]) -> list[str]:
    return list(dict.fromkeys(note for drawing in drawings for note in drawing.notes))


def _module(chart: Chart) -> ModuleType:
    if isinstance(chart, Bars):
        return bars if chart.baseline is None else dots
    return {Funnel: funnel, Histogram: histogram, Curve: curve}[type(chart)]
