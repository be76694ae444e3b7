import json

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from haybale.cards.audit.bound import num_needed, worst_error
from haybale.corpus.draws import draw_order
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder


@pytest.fixture
def draw(corpus, run, tmp_path):
    """Draws a sheet: its first line, its documents, and what was printed."""

    def draw_sheet(*arguments):
        path = tmp_path / "sheet.jsonl"
        path.unlink(missing_ok=True)
        status, out, err = run("card", "audit", "draw", corpus, "--output", path, *arguments)
        assert status == 0, err
        first, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return first, rows, out

    return draw_sheet


def judge(path, verdict_of):
    """Fill a sheet in."""
    first, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    for place, row in enumerate(rows):
        row["verdict"] = verdict_of(place)
    lines = (json.dumps(row) for row in (first, *rows))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_as_many_are_drawn_as_the_error_needs_and_they_are_the_first_of_the_order(corpus, draw):
    first, rows, _ = draw("--stage", "ingest", "--error", "0.1")
    needed = num_needed(80, 0.1, 0.95)
    assert (first["population"], first["documents"], len(rows)) == (80, needed, needed)
    removed = pq.read_table(corpus / "card" / "ids" / "removed.parquet")
    dropped = removed.filter(pc.equal(removed.column("stage"), "ingest"))
    seed = read_manifest(Folder(str(corpus))).recipe.get("seed", 0)
    order = draw_order(seed, dropped.column("doc_id").combine_chunks())
    ids = [doc_id.hex() for doc_id in dropped.column("doc_id").to_pylist()]
    assert len(ids) == 80
    ranked = sorted(zip(order.tolist(), ids, strict=True))
    assert [row["doc_id"] for row in rows] == [doc_id for _, doc_id in ranked[:needed]]


def test_where_texts_are_gone_it_says_how_many_are_left_and_the_error_with_these(draw):
    _, rows, out = draw("--stage", "ingest")
    # The build keeps 64 of a rule and part.
    assert len(rows) == 64
    needed, error = num_needed(80, 0.05, 0.95), worst_error(64, 80, 0.95)
    assert needed > 64
    assert f"needed {needed} documents, but the build left texts of 64" in out
    assert f"the error may be {error:.3f} with these" in out


def test_a_duplicate_stands_beside_who_stands_for_it(draw):
    _, rows, _ = draw("--stage", "deduplicate", "--error", "0.01")
    assert len(rows) == 12
    for row in rows:
        assert row["rule"] == "exact/text@1"
        assert row["text"] == row["survivor_text"]
        assert row["survivor"] != row["doc_id"]


def test_documents_of_the_corpus_can_be_judged_too(corpus, draw):
    first, rows, _ = draw("--stage", "kept")
    assert (first["population"], len(rows)) == (40, num_needed(40, 0.05, 0.95))
    kept = pq.read_table(corpus / "card" / "ids" / "kept.parquet").column("doc_id").to_pylist()
    assert {row["doc_id"] for row in rows} <= {doc_id.hex() for doc_id in kept}
    assert all(row["text"].startswith("the and") for row in rows)


def test_the_same_documents_stand_beside_the_sheet_as_text(draw, tmp_path):
    _, rows, _ = draw("--stage", "ingest")
    text = (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("--- ")] == [
        f"--- {number} of 64: {row['doc_id']}" for number, row in enumerate(rows, 1)
    ]
    assert "\u202e" not in text


def test_verdicts_reach_the_card_with_their_bound(corpus, draw, run, tmp_path):
    draw("--stage", "deduplicate", "--error", "0.01")
    sheet, audit = tmp_path / "sheet.jsonl", tmp_path / "audit.json"
    judge(sheet, lambda place: "wrong" if place < 3 else "right")
    status, out, _ = run("card", "audit", "record", corpus, sheet, "--output", audit)
    assert status == 0
    # All 12 of 12 were judged, so 9 of 12 is no estimate.
    assert "75.0% to 75.0% are right" in out
    new = tmp_path / "new"
    assert run("card", "build", corpus, "--output", new, "--audit", audit)[0] == 0
    fact = json.loads(run("card", "show", new, "audit.precision.stage=deduplicate", "--json")[1])
    assert (fact["value"], fact["interval"], fact["n"]) == (0.75, [0.75, 0.75], 12)
    assert "## What a person judged" in (new / "README.md").read_text(encoding="utf-8")
    assert run("card", "check", new, "--card-only")[0] == 0


def test_a_person_is_asked_and_each_answer_is_kept(draw, run, tmp_path, monkeypatch):
    draw("--stage", "deduplicate", "--error", "0.01")
    sheet = tmp_path / "sheet.jsonl"
    answers = iter(["r", "no", "w", "q"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    status, out, _ = run("card", "audit", "judge", sheet)
    assert status == 0
    assert "2 of 12 documents have a verdict" in out
    rows = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()[1:]]
    assert [row["verdict"] for row in rows[:3]] == ["right", "wrong", ""]


def test_a_sheet_is_never_written_over(draw, corpus, fails, tmp_path):
    draw("--stage", "deduplicate", "--error", "0.01")
    _, err = fails(
        *("card", "audit", "draw", corpus, "--stage", "kept"),
        *("--output", tmp_path / "sheet.jsonl"),
    )
    assert "exists, maybe with verdicts in it" in err


def test_a_sheet_that_was_not_filled_in_or_is_another_corpuss_is_refused(
    corpus, later, draw, fails, tmp_path
):
    draw("--stage", "deduplicate", "--error", "0.01")
    sheet, audit = tmp_path / "sheet.jsonl", tmp_path / "audit.json"
    _, err = fails("card", "audit", "record", corpus, sheet, "--output", audit)
    assert "12 of 12 documents have no verdict, the first in line 2" in err
    judge(sheet, lambda _: "right")
    _, err = fails("card", "audit", "record", later, sheet, "--output", audit)
    assert "expected a sheet of the corpus" in err
    assert not audit.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--stage", "ingest", "--rule", "gopher/word_coun@1"],
            "did you mean 'gopher/word_count@1",
        ),
        (["--stage", "deduplication"], "expected one of ingest, select, deduplicate"),
        (["--stage", "decontaminate"], "it removed nothing here"),
        (["--stage", "kept", "--rule", "x"], "no rule keeps documents"),
        (["--stage", "kept", "--error", "0.5"], "--error: expected above 0 and below 0.5"),
        (["--stage", "kept", "--confidence", "95"], "--confidence: expected from 0.5 to below 1"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line(corpus, fails, tmp_path, arguments, message):
    status, err = fails(
        "card", "audit", "draw", corpus, *arguments, "--output", tmp_path / "sheet.jsonl"
    )
    assert status == 2
    assert message in err


def test_a_sheet_that_its_text_would_write_over_is_refused(corpus, fails, tmp_path):
    arguments = ("card", "audit", "draw", corpus, "--stage", "ingest", "--output")
    status, err = fails(*arguments, tmp_path / "sheet.txt")
    assert status == 2
    assert "name a file .jsonl" in err
    (tmp_path / "sheet.txt").write_text("notes")
    assert "sheet.txt: exists" in fails(*arguments, tmp_path / "sheet.jsonl")[1]
    assert "there is no folder" in fails(*arguments, tmp_path / "none" / "sheet.jsonl")[1]
    assert (tmp_path / "sheet.txt").read_text() == "notes"
