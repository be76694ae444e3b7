"""A unit at which a process died: done again in processes of its own, to find what kills them.

A process that does the unit tells what it is about to work on (see `guard`). If it
dies, those documents are suspects: the next process works on each half of them alone first, and so
on, until one document is left. It has to kill twice to be left out, since memory also runs out for
reasons that lie elsewhere. What a unit leaves behind is the same as that of any other attempt, but
for these documents.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apache_beam.internal import pickler

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.isolation.guard import MAX_CPU_SECONDS, Span
from haybale.pipeline.units.child import Child, Death
from haybale.pipeline.units.failures import Failure
from haybale.pipeline.units.steps import UnitResult

if TYPE_CHECKING:
    from haybale.pipeline.units.worker import UnitWorker

_SURE = 2  # deaths at the same documents


def do_guarded(worker: "UnitWorker", unit: int) -> UnitResult:
    """Do a unit in other processes, without the documents that kill them.

    Raises:
        HaybaleError: If processes die and no single document is to blame.
    """
    search = _Search(f"{worker.step.name}/{worker.name(unit)}")
    attempt = pickler.dumps(worker), unit, MAX_CPU_SECONDS
    while True:
        child = Child("haybale.pipeline.isolation.guarded_process")
        try:
            return _result(child, attempt, search)
        except EOFError:  # the process itself, by chance: its forks tell how they ended
            search.narrow(None, child.death())
        finally:
            child.end()


def _result(child: Child, attempt: tuple[bytes, int, float], search: "_Search") -> UnitResult:
    """What the first attempt that lives to its end leaves behind."""
    while True:
        child.send((*attempt, (search.culprits, search.suspects)))
        at: Span | None = None
        while isinstance(answer := child.connection.recv(), Span | None):
            at = answer
        if isinstance(answer, Failure):
            raise answer.error()
        if not isinstance(answer, Death):
            return UnitResult.from_json(answer)
        search.narrow(at, answer)


@dataclass
class _Search:
    """What is known so far of the documents that kill.

    Attributes:
        unit: Where they are.
        culprits: How the process died, by place and row.
        suspects: Spans by place.
    """

    unit: str
    culprits: dict[tuple[str, int], str] = field(default_factory=dict)
    suspects: dict[str, list[Span]] = field(default_factory=dict)
    _deaths: Counter[Span | None] = field(default_factory=Counter)

    def narrow(self, at: Span | None, death: Death) -> None:
        """A process died when it was at these documents; None: at none."""
        self._deaths[at] += 1
        sure = self._deaths[at] >= _SURE
        if at is None:
            if sure:
                raise HaybaleError(self._unsolved(f"processes {death} between documents", death))
            return
        known = self.suspects.get(at.place, [])
        if at.num_rows == 1:
            if sure and not death.of_document:
                found = f"processes {death} at {at.place}, document {at.start}"
                raise HaybaleError(self._unsolved(found, death))
            if sure:
                self.culprits[at.place, at.start] = str(death)
                self.suspects[at.place] = [span for span in known if span != at]
        elif not known:
            self.suspects[at.place] = _halves(at)
        elif at in known:
            place = known.index(at)
            self.suspects[at.place] = [*known[:place], *_halves(at), *known[place + 1 :]]
        elif sure:
            found = f"processes {death} at {at.place}, and at none of its documents alone"
            raise HaybaleError(self._unsolved(found, death))

    def _unsolved(self, found: str, death: Death) -> str:
        return f"{self.unit}: {_SURE} {found}; {death.advice}"


def _halves(span: Span) -> list[Span]:
    middle = (span.start + span.stop) // 2
    return [Span(span.place, span.start, middle), Span(span.place, middle, span.stop)]
