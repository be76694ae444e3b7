"""Sheets and audits that do not fit; whole draws are in tests/cli/test_card_audit.py."""

import json

import pyarrow as pa
import pytest

from haybale.cards.audit import record as module
from haybale.cards.audit.candidates import CANDIDATES
from haybale.cards.audit.question import Question
from haybale.cards.audit.record import read_audits, record
from haybale.cards.audit.sheet import Sheet
from haybale.corpus.errors import ManifestMismatchError, RecipeError

IDS = [bytes([number]) * 16 for number in range(3)]
AUDIT = {
    "format": module.FORMAT,
    "corpus": "cd",
    "sheet": "ab",
    "stage": "ingest",
    "rule": "",
    "error": 0.1,
    "confidence": 0.9,
    "population": 9,
    "right": 2,
    "wrong": 1,
    "unsure": 1,
}


class Manifest:
    digest = "cd"


@pytest.fixture(autouse=True)
def three_drawn(monkeypatch):
    """Three documents of ten are drawn."""
    columns = {name: [None] * 3 for name in CANDIDATES.names} | {"doc_id": IDS}
    drawn = pa.table(columns, schema=CANDIDATES)
    monkeypatch.setattr(module, "choose", lambda *_: (10, 3, drawn))


def sheet(*verdicts, ids=IDS):
    rows = [
        {"doc_id": doc_id.hex(), "verdict": verdict}
        for doc_id, verdict in zip(ids, verdicts, strict=True)
    ]
    return Sheet("cd", Question("ingest"), 10, rows)


def counted(made):
    return record(None, Manifest, made, "sheet.jsonl")


def test_verdicts_are_counted():
    audit = counted(sheet("right", "unsure", "wrong"))
    assert {name: audit[name] for name in ("population", "right", "wrong", "unsure")} == {
        "population": 10,
        "right": 1,
        "wrong": 1,
        "unsure": 1,
    }
    assert audit["corpus"] == "cd"


def test_the_order_of_the_lines_does_not_matter():
    turned = sheet("wrong", "unsure", "right", ids=IDS[::-1])
    assert counted(turned) == counted(sheet("right", "unsure", "wrong"))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (sheet("right", "", ""), "2 of 3 documents have no verdict, the first in line 3"),
        (sheet("right", "good", "wrong"), "line 3: expected a verdict right, wrong or unsure"),
        (sheet("right", "wrong", ids=IDS[:2]), f"1 documents are missing, such as {IDS[2].hex()}"),
        (
            sheet("right", "right", "right", "right", ids=[*IDS, b"x" * 16]),
            "1 documents were not drawn, such as 7878",
        ),
        (sheet("right", "right", ids=[IDS[0], IDS[0]]), "line 3: document 0000"),
        (sheet("unsure", "unsure", "unsure"), "found only unsure ones"),
    ],
)
def test_a_sheet_that_says_nothing_of_the_whole_is_refused(made, message):
    with pytest.raises(RecipeError, match=r"sheet\.jsonl") as raised:
        counted(made)
    assert message in str(raised.value)


def test_audits_come_sorted_and_one_of_each_stage_and_rule(tmp_path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.write_text(json.dumps({**AUDIT, "rule": "b@1"}))
    two.write_text(json.dumps({**AUDIT, "rule": "a@1"}))
    assert [audit["rule"] for audit in read_audits([one, two], "cd")] == ["a@1", "b@1"]
    with pytest.raises(RecipeError, match="a second audit of ingest b@1"):
        read_audits([one, one], "cd")


def test_audits_of_another_corpus_or_format_are_refused(tmp_path):
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(AUDIT))
    with pytest.raises(ManifestMismatchError, match="expected an audit of the corpus ee"):
        read_audits([path], "ee")
    path.write_text("{}")
    with pytest.raises(ManifestMismatchError, match="expected format haybale/audit@1"):
        read_audits([path], "cd")
    path.write_text("{")
    with pytest.raises(RecipeError, match="expected JSON"):
        read_audits([path], "cd")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"right": -1}, "expected a whole number as right, found -1"),
        ({"right": 8}, "at most 9 documents, found 8 right, 1 wrong and 1 unsure"),
        ({"right": 0, "wrong": 0}, "found 0 right, 0 wrong and 1 unsure"),
        ({"unsure": 0.5}, "expected a whole number as unsure, found 0.5"),
        ({"population": None}, "expected a whole number as population, found None"),
        ({"stage": "nowhere"}, "expected one of ingest"),
        ({"rule": 3}, "rule: expected a string, found 3"),
        ({"confidence": 0.0}, "expected from 0.5 to below 1"),
    ],
)
def test_counts_that_no_draw_can_have_are_refused(tmp_path, changes, message):
    path = tmp_path / "audit.json"
    path.write_text(json.dumps({**AUDIT, **changes}))
    with pytest.raises(RecipeError, match=r"audit\.json") as raised:
        read_audits([path], "cd")
    assert message in str(raised.value)
