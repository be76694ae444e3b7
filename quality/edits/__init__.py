"""The registry of line edits: one module per family, found by scanning this package.

An edit finds what should be taken out of a text that is otherwise kept: whole lines, or spans
within lines. It changes nothing itself: what it finds is recorded, to be inspected and undone.

    @line_edit("c4/javascript_line@1", source="...")
    def javascript_line(batch: TextBatch) -> npt.NDArray[np.bool_]: ...

Other packages add theirs by the entry point `haybale.rules`, which names such a module.
"""

from functools import cache

from haybale.corpus.extensions import load_registry
from haybale.quality.edits.edit import REGISTERED, Edit, line_edit, span_edit

__all__ = ["Edit", "edits", "line_edit", "span_edit"]


@cache
def edits() -> dict[str, Edit]:
    """All edits by name, in order of their modules and of definition."""
    load_registry(__name__, "haybale.rules")
    return dict(REGISTERED)
