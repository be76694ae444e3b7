import pytest

from haybale.cards.audit.question import Question
from haybale.cards.audit.sheet import Sheet, as_text, read_sheet
from haybale.corpus.errors import ManifestMismatchError, RecipeError

ROW = {
    "doc_id": "0a",
    "rule": "r@1",
    "value": 3.0,
    "subset": "web",
    "language": None,
    "text": "one\ntwo \u202e\u2028 \x1b[31m",
    "verdict": "",
}
SHEET = Sheet("cd", Question("ingest", "r@1", 0.1, 0.9), 7, [ROW])


def test_a_sheet_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "sheet.jsonl"
    path.write_bytes(SHEET.as_json_lines())
    assert read_sheet(path) == SHEET


def test_text_by_strangers_cannot_steer_a_terminal_or_hide():
    assert as_text(ROW, 1, 2) == (
        "--- 1 of 2: 0a\nr@1, web, measured 3.0\none\ntwo U+202EU+2028 U+001B[31m\n"
    )


def test_who_stands_for_a_duplicate_comes_below_it():
    text = as_text({**ROW, "survivor": "0b", "survivor_text": "three"}, 1, 1)
    assert text.endswith("--- stands for it: 0b\nthree\n")


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", ManifestMismatchError, "found None"),
        ("{}\n", ManifestMismatchError, "expected format haybale/audit-sheet@1"),
        ("{", RecipeError, "line 1: expected JSON"),
        ("[]", RecipeError, "line 1: expected an object, found list"),
        (b"\xff", RecipeError, "expected UTF-8"),
    ],
)
def test_what_is_no_sheet_is_said_in_one_line(tmp_path, content, error, message):
    path = tmp_path / "sheet.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(error, match=r"sheet\.jsonl") as raised:
        read_sheet(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_absent_sheet_is_said_in_one_line(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read: No such file"):
        read_sheet(tmp_path / "none")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b'"corpus": "cd"', b'"corpse": "cd"', "line 1: expected corpus"),
        (b'"population": 7', b'"population": "7"', "line 1: expected population"),
        (b'"doc_id": "0a"', b'"doc_id": 10', "line 2: expected doc_id"),
        (b'"text": "one', b'"txt": "one', "line 2: expected text"),
    ],
)
def test_what_else_was_changed_than_verdicts_is_named(tmp_path, before, after, message):
    path = tmp_path / "sheet.jsonl"
    path.write_bytes(SHEET.as_json_lines().replace(before, after))
    with pytest.raises(RecipeError, match="change nothing but verdicts") as raised:
        read_sheet(path)
    assert message in str(raised.value)


def test_an_editor_may_leave_a_byte_order_mark(tmp_path):
    path = tmp_path / "sheet.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + SHEET.as_json_lines())
    assert read_sheet(path) == SHEET
