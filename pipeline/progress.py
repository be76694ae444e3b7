"""Progress of long work: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.status import Status

from haybale.pipeline.report.amounts import duration
from haybale.pipeline.report.event_log import Level
from haybale.pipeline.report.journal import RunJournal
from haybale.pipeline.report.runs import StepRun
from haybale.pipeline.report.work import Rate, Work

PLAIN_SECONDS = 15.0
"""Between two lines where there is no terminal."""
LASTING_SECONDS = 1.0
"""What took less leaves no line behind."""


class Progress:
    """Shows what is being done, and passes it on to the journal of the run, if there is one.

    Counts come from what workers have committed, so they hold on any engine.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(file=sys.stderr, quiet=quiet, highlight=False)
        self._live: Status | None = None
        self._journal: RunJournal | None = None

    def line(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False, soft_wrap=True)

    def event(self, name: str, level: Level = "info", **fields: Any) -> None:
        """Log an event of the run, of the step that is being done; counted by its name.

        Args:
            name: Such as `unit_retried`.
            level: Of the log.
            fields: JSON; names and numbers, never a document's text.
        """
        if self._journal is not None:
            self._journal.event(name, level, **fields)

    def enter_stage(self, name: str) -> None:
        """What comes next belongs to this stage of the build."""
        if self._journal is not None:
            self._journal.enter_stage(name)

    @contextlib.contextmanager
    def recorded(self, journal: RunJournal) -> Iterator[None]:
        """Pass on to this journal what happens while the block runs."""
        self._journal = journal
        try:
            yield
        finally:
            self._journal = None

    @contextlib.contextmanager
    def watch(
        self, title: str, count: Callable[[], tuple[int, int] | Work] = lambda: (0, 1)
    ) -> Iterator[StepRun | None]:
        """Show what is done, of how much, how fast, and what time is left, while the block runs.

        Args:
            title: What is being done; the step's name.
            count: Units done and units in all, or `Work`; asked about once a second.

        Yields:
            The step in the run's journal, to note more of it; None where there is no journal.
        """
        before = Work(*count())
        rate = Rate(before)
        stop = threading.Event()

        def show(status: Status | None) -> None:
            while not stop.wait(1.0 if status else PLAIN_SECONDS):
                work = Work(*count())
                if noted is not None:
                    noted.num_done = work.units
                text = f"{title}: {rate.text(work)}{self._outlook(rate.seconds_left(work))}"
                if status:
                    status.update(text)
                else:
                    self.line(text)

        with self._noted(title, before) as noted:
            with self._live_line(title) as live:
                thread = threading.Thread(target=show, args=(live,), daemon=True)
                thread.start()
                try:
                    yield noted
                finally:
                    stop.set()
                    thread.join()
            after = Work(*count())
            if noted is not None:
                noted.num_done = after.units
        if rate.seconds >= LASTING_SECONDS:
            self.line(f"{title}: {rate.summary(after)}")

    def _outlook(self, step_seconds_left: float | None) -> str:
        """What the whole build has left, where its journal can tell."""
        if self._journal is None:
            return ""
        left = self._journal.seconds_left(step_seconds_left)
        if left is None or left < LASTING_SECONDS:
            return ""
        return f"; the whole build roughly {duration(left)}"

    @contextlib.contextmanager
    def _live_line(self, title: str) -> Iterator[Status | None]:
        """A line that changes, where there is a terminal; that of a step around this one waits."""
        if not self._console.is_terminal:
            yield None
            return
        around = self._live
        if around is not None:
            around.stop()
        self._live = self._console.status(title)
        try:
            with self._live:
                yield self._live
        finally:
            self._live = around
            if around is not None:
                around.start()

    def _noted(self, title: str, before: Work) -> contextlib.AbstractContextManager[StepRun | None]:
        if self._journal is None:
            return contextlib.nullcontext()
        return self._journal.step(title, before.num_units, before.units)
