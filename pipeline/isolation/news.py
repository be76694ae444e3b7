"""What a search for documents that kill says, on its way to whoever shows progress.

A search goes on in whatever process met the unit again: the driver, one beside it, or a worker of
an engine. The first two are heard by the driver; the last only leaves it in the engine's log.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from haybale.pipeline.progress import Progress
from haybale.pipeline.report.worker_log import log_worker


@dataclass(frozen=True)
class News:
    """Something that happened in a search.

    Attributes:
        event: Its name in the log: `search_begun`, `culprit_found` or `search_ended`.
        line: For the user; names files and numbers, never quotes a document.
        fields: JSON, for the log.
    """

    event: str
    line: str
    fields: dict[str, Any] = field(default_factory=dict)


Hearer = Callable[[News], None]
_hearer: Hearer | None = None


def tell(news: News) -> None:
    """Log it, and pass it on to who hears of this process."""
    log_worker(logging.INFO, news.event, **news.fields)
    if _hearer is not None:
        _hearer(news)


@contextlib.contextmanager
def heard_by(hearer: Hearer) -> Iterator[None]:
    """Pass on what is told in this process, by any thread of it, while the block runs."""
    global _hearer
    before, _hearer = _hearer, hearer
    try:
        yield
    finally:
        _hearer = before


def shown_by(progress: Progress) -> Hearer:
    """Shows it as a line that stays, and logs it as an event of the run."""

    def show(news: News) -> None:
        progress.line(f"warning: {news.line}")
        progress.event(news.event, "warning", **news.fields)

    return show
