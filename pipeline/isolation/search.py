"""The search for documents that kill: what is known of them after each death of a process.

The documents that a process was at when it died are suspects: the next process works on each half
of them alone first, and so on, until one document is left. It has to kill twice to be left out,
since memory also runs out for reasons that lie elsewhere.
"""

from collections import Counter

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.isolation.guard import Span
from haybale.pipeline.isolation.news import News, tell
from haybale.pipeline.units.child import Death

_SURE = 2  # deaths at the same documents
MAX_CULPRITS = 20
"""Of a unit; each costs a dozen attempts at the unit or more. What kills at so many of a few ten
thousand documents is a library that is broken here, and would cost days and the documents."""
MAX_DEATHS = 20 * MAX_CULPRITS
"""Of a unit: a batch of a quarter of a million documents is halved 18 times for each, which then
kills twice. More are deaths that no document repeats."""


class Search:
    """The search in one unit.

    Args:
        unit: Its name, step and all.

    Attributes:
        culprits: How the process died, by place and row of the document.
        suspects: Spans by place.
    """

    def __init__(self, unit: str) -> None:
        self.culprits: dict[tuple[str, int], str] = {}
        self.suspects: dict[str, list[Span]] = {}
        self._unit = unit
        self._deaths: Counter[Span | None] = Counter()

    def begin(self) -> None:
        """Say that it begins."""
        self._tell("search_begun", "was begun and not ended; looking for a document that kills")

    def end(self) -> None:
        """Say how it ended, the unit being done."""
        found = {0: "no document", 1: "one document"}.get(
            len(self.culprits), f"{len(self.culprits)} documents"
        )
        self._tell("search_ended", f"done; {found} left out", culprits=len(self.culprits))

    def narrow(self, at: Span | None, death: Death) -> None:
        """A process died when it was at these documents; None: at none.

        Raises:
            HaybaleError: If no single document is to blame, or too many are.
        """
        self._deaths[at] += 1
        sure = self._deaths[at] >= _SURE
        if at is None:
            if sure:
                raise self._unsolved(f"{_SURE} processes {death} between documents", death)
        elif at.num_rows == 1:
            if sure:
                self._convict(at, death)
        else:
            known = self.suspects.get(at.place, [])
            if not known:
                self.suspects[at.place] = _halves(at)
            elif at in known:
                place = known.index(at)
                self.suspects[at.place] = [*known[:place], *_halves(at), *known[place + 1 :]]
            elif sure:
                found = f"{_SURE} processes {death} at {at.place}, and at none of its documents"
                raise self._unsolved(f"{found} alone", death)
        if (deaths := self._deaths.total()) >= MAX_DEATHS:
            raise self._unsolved(f"{deaths} processes died, the last {death}", death)

    def _convict(self, at: Span, death: Death) -> None:
        """Leave out a document that killed twice."""
        where = f"{at.place}, document {at.start}"
        if not death.of_document:
            raise self._unsolved(f"{_SURE} processes {death} at {where}", death)
        self.culprits[at.place, at.start] = str(death)
        known = self.suspects.get(at.place, [])
        self.suspects[at.place] = [span for span in known if span != at]
        self._tell("culprit_found", f"left out: processes {death} at {where}", how=str(death))
        if len(self.culprits) >= MAX_CULPRITS:
            raise HaybaleError(
                f"{self._unit}: processes die at {len(self.culprits)} documents or more, the last "
                f"{death} at {where}; so many are not the documents' fault but that of a library "
                "or of this machine: install haybale's libraries anew or build on another "
                "machine; if it happens there too, leave the file named here out of the recipe "
                "and report it"
            )

    def _tell(self, event: str, line: str, **fields: object) -> None:
        tell(News(event, f"{self._unit}: {line}", {"unit": self._unit, **fields}))

    def _unsolved(self, found: str, death: Death) -> HaybaleError:
        return HaybaleError(f"{self._unit}: {found}; {death.advice}")


def _halves(span: Span) -> list[Span]:
    middle = (span.start + span.stop) // 2
    return [Span(span.place, span.start, middle), Span(span.place, middle, span.stop)]
