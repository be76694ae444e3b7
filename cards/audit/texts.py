"""What a person reads of a drawn document: its text as the stage found it, and its survivor's."""

from typing import Any

from haybale.cards.audit.question import KEPT
from haybale.corpus.arrow_files import row_of_document
from haybale.corpus.lookup import document_finder
from haybale.corpus.manifest import Manifest
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import taken_ids
from haybale.corpus.text_history import CUTTING, text_before

MAX_CHARACTERS = 2000
"""Of a text in a sheet: as much as is left of what ingest dropped."""


class Texts:
    """Reads the documents of a corpus.

    Args:
        folder: The corpus.
        manifest: Its manifest.
    """

    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self._folder = folder
        self._finder = document_finder(folder, manifest)
        self._taken = frozenset(taken_ids(folder, manifest).to_pylist())

    def shown(self, drawn: dict[str, Any], stage: str) -> dict[str, Any]:
        """A row of a sheet.

        Args:
            drawn: Row of `haybale.cards.audit.candidates.CANDIDATES`.
            stage: That the question is about.
        """
        row = {
            "doc_id": drawn["doc_id"].hex(),
            "rule": drawn["rule"],
            "value": drawn["value"],
            "subset": drawn["subset"],
            "language": drawn["language"],
            "text": drawn["text"],
            "verdict": "",
        }
        if drawn["text"] is None:
            before = stage if stage in CUTTING else CUTTING[0]
            row |= self._document(drawn["doc_id"], None if stage == KEPT else before) or {}
        if drawn["survivor"] is not None:
            row["survivor"] = drawn["survivor"].hex()
            here = drawn["corpus"] is None
            survivor = self._document(drawn["survivor"], CUTTING[0]) if here else None
            if here and drawn["survivor"] in self._taken:
                row["survivor_text"] = "taken down since"
            elif survivor:
                row["survivor_text"] = survivor["text"]
            else:
                row["survivor_text"] = f"held by the earlier corpus {drawn['corpus']}"
        row["text"] = (row["text"] or "")[:MAX_CHARACTERS]
        if "survivor_text" in row:
            row["survivor_text"] = row["survivor_text"][:MAX_CHARACTERS]
        return row

    def _document(self, doc_id: bytes, before: str | None) -> dict[str, Any] | None:
        """Subset, language and text of a document that ingest kept."""
        place = self._finder.find(doc_id)
        if place is None or place.documents_row < 0:
            return None
        path = f"documents/{place.part}.arrow"
        row = row_of_document(self._folder, path, place.documents_batch, doc_id)
        text = text_before(self._folder, before, place.part, place.documents_row, row["text"])
        return {"subset": row["subset"], "language": row["language"], "text": text}
