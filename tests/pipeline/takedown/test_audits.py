"""What an audit draws after a takedown, and what the card says of who was removed."""

import pyarrow.parquet as pq
import pytest
from taken_corpora import ids_array

from haybale.cards.audit.draw import draw
from haybale.cards.audit.question import Question
from haybale.cards.card import Card
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.remove import remove


def drawn(corpus):
    folder = Folder(str(corpus))
    sheet, _ = draw(folder, read_manifest(folder), Question("deduplicate", error=0.01))
    return sheet


def duplicates(corpus):
    rows = pq.read_table(corpus / "card/ids/removed.parquet").to_pylist()
    return [row["doc_id"] for row in rows if row["stage"] == "deduplicate"]


def take(corpus, ids):
    return remove(Folder(str(corpus)), ids_array(ids), progress=Progress(quiet=True))


def test_a_removed_document_that_was_taken_down_is_not_asked_about(corpus):
    # Of page 3 a near and an equal copy went, of page 5 an equal one.
    gone = duplicates(corpus)
    assert len(gone) == drawn(corpus).population == 3
    take(corpus, gone[:1])
    sheet = drawn(corpus)
    assert sheet.population == 2
    assert {row["doc_id"] for row in sheet.documents} == {one.hex() for one in gone[1:]}
    assert all(row["text"] and row["survivor_text"] for row in sheet.documents)
    take(corpus, gone[1:])
    with pytest.raises(RecipeError, match="all that it removed was taken down since"):
        drawn(corpus)


def test_of_a_survivor_that_was_taken_down_the_sheet_says_so(corpus):
    survivors = [bytes.fromhex(row["survivor"]) for row in drawn(corpus).documents]
    take(corpus, survivors[:1])
    for row in drawn(corpus).documents:
        taken = row["survivor"] == survivors[0].hex()
        assert (row["survivor_text"] == "taken down since") == taken
        assert row["text"]


def test_who_was_taken_down_was_not_removed_by_the_build(corpus):
    def lost():
        card = Card(read_parsed(Folder(str(corpus)), "card/card.json"))
        return {
            key: fact.value
            for key, fact in card.table("disparity.lost_fraction", "language").items()
        }

    before = lost()
    take(corpus, [bytes.fromhex(row["survivor"]) for row in drawn(corpus).documents])
    assert lost() == before
