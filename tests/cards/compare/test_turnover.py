import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from planted_card import card

from haybale.cards.card import Card
from haybale.cards.compare import turnover as module
from haybale.cards.compare.turnover import turnover
from haybale.corpus.id_lists import KEPT, KEPT_PATH
from haybale.corpus.storage import Folder


def corpus(folder, doc_ids):
    """A folder with a list of ids, and a card that counts them."""
    rows = [
        {"doc_id": one, "subset": "web", "split": "train", "family": None, "file": "a", "record": 0}
        for one in doc_ids
    ]
    path = folder / KEPT_PATH
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=KEPT), path)
    return counting(len(doc_ids)), Folder(str(folder))


def counting(num):
    """A card of so many documents."""
    raw = card().raw
    facts = [
        {**fact, "value": num} if fact["id"] == "corpus.documents" else fact
        for fact in raw["facts"]
    ]
    return Card({**raw, "facts": facts})


def ids(first, last):
    return [random.Random(number).randbytes(16) for number in range(first, last)]


def compare(tmp_path, old, new):
    one, one_folder = corpus(tmp_path / "old", old)
    two, two_folder = corpus(tmp_path / "new", new)
    return turnover(one, two, one_folder, two_folder)


def test_every_id_is_compared(tmp_path):
    # 0 to 99 against 60 to 149: 40 stay.
    found = compare(tmp_path, ids(0, 100), ids(60, 150))
    assert found.how == "exact"
    assert (found.before, found.after, found.stayed) == (100, 90, 40)
    assert (found.low, found.high, found.n) == (40, 40, 150)


def test_two_corpora_of_no_common_document_share_none(tmp_path):
    assert compare(tmp_path, ids(0, 5), ids(5, 9)).stayed == 0


def test_of_very_many_a_sample_is_compared_and_its_interval_holds_the_truth(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_EXACT_DOCUMENTS", 1000)
    # 0 to 3,999 against 1,000 to 4,999: 3,000 stay. About a quarter of 5,000 ids is compared.
    found = compare(tmp_path, ids(0, 4000), ids(1000, 5000))
    assert found.how == "sample"
    assert 1000 < found.n < 1500
    assert found.low < 3000 < found.high
    # Of share j = 0.6 of a union: standard error sqrt(0.6 * 0.4 / 1250) = 0.0139, so of stayed
    # 8000 / 1.6^2 * 0.0139 = 43, and an interval of four of these.
    assert found.high - found.low == pytest.approx(4 * 43, rel=0.15)


def test_without_lists_of_ids_there_are_bounds(tmp_path):
    found = turnover(counting(100), counting(70), Folder(str(tmp_path)), Folder(str(tmp_path)))
    assert (found.how, found.stayed, found.low, found.high) == ("bounds", None, 0, 70)
