"""What an edit is: a function that finds lines, or spans within lines, to be taken out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from haybale.corpus.extensions import check_name
from haybale.quality.rules.rule import Need
from haybale.quality.text import TextBatch

Int64s = npt.NDArray[np.int64]


class Found(NamedTuple):
    """Spans of a batch's bytes, in order, none overlapping.

    Attributes:
        starts: int64[spans]: first byte.
        stops: int64[spans]: byte behind the last.
    """

    starts: Int64s
    stops: Int64s


@dataclass(frozen=True)
class Edit:
    """A registered edit.

    Attributes:
        name: `family/what@version`; changing what is found changes the version.
        source: Paper and section, or the implementation whose reading it is.
        find_lines: bool[raw lines] of a batch: which lines go, newline and all; None: a span edit.
        find_spans: The spans that go; None: a line edit.
        languages: The edit applies to texts of these languages only (ISO 639); None: to all.
        needs: What a language must give for the edit to apply to its texts.
    """

    name: str
    source: str
    find_lines: Callable[[TextBatch], npt.NDArray[np.bool_]] | None
    find_spans: Callable[[TextBatch], Found] | None
    languages: tuple[str, ...] | None
    needs: tuple[Need, ...]

    @property
    def doc(self) -> str:
        """What it finds."""
        return (self.find_lines or self.find_spans).__doc__ or ""

    @property
    def module(self) -> str:
        """Where it is defined."""
        return (self.find_lines or self.find_spans).__module__


REGISTERED: dict[str, Edit] = {}

LineFinder = Callable[[TextBatch], npt.NDArray[np.bool_]]
SpanFinder = Callable[[TextBatch], Found]


def line_edit(
    name: str,
    *,
    source: str,
    languages: tuple[str, ...] | None = None,
    needs: tuple[Need, ...] = (),
) -> Callable[[LineFinder], LineFinder]:
    """Register a function that finds whole lines."""

    def register(find: LineFinder) -> LineFinder:
        _register(Edit(name, source, find, None, languages, needs))
        return find

    return register


def span_edit(
    name: str, *, source: str, languages: tuple[str, ...] | None = None
) -> Callable[[SpanFinder], SpanFinder]:
    """Register a function that finds spans within lines."""

    def register(find: SpanFinder) -> SpanFinder:
        _register(Edit(name, source, None, find, languages, ()))
        return find

    return register


def _register(edit: Edit) -> None:
    modules = {name: one.module for name, one in REGISTERED.items()}
    check_name(edit.name, edit.doc, edit.module, modules)
    REGISTERED[edit.name] = edit
