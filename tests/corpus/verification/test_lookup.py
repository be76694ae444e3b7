"""An index of documents that is wrong."""

import pytest
from forged_corpora import forge_rows

PATH = "lookup/documents/00000.arrow"


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("start", "shards/"),
        ("tokens", "shards/"),
        ("token_batch", "shards/"),
        ("documents_row", "documents/"),
        ("documents_batch", "documents/"),
        ("measures_row", "measures/"),
        ("measures_batch", "measures/"),
    ],
)
def test_a_row_that_says_something_wrong_is_found(column, source, corpus, problems):
    def change(rows):
        rows[7][column] += 1
        return rows

    forge_rows(corpus, PATH, change)
    (line,) = (line for line in problems(corpus, full=True) if f"are in {source}" in line)
    assert f"{PATH}: it says of" in line


def test_a_row_too_few_is_found(corpus, problems):
    forge_rows(corpus, PATH, lambda rows: rows[1:])
    found = problems(corpus, full=True)
    assert any(f"{PATH}: it says of 61 documents" in line for line in found)
    assert any("it has 62 of this range" in line for line in found)


def test_rows_out_of_order_are_found(corpus, problems):
    forge_rows(corpus, PATH, lambda rows: [rows[1], rows[0], *rows[2:]])
    assert any(f"{PATH}: its ids are not sorted" in line for line in problems(corpus, full=True))


def test_a_survivor_that_is_not_the_one_is_found(corpus, problems):
    def change(rows):
        rows[0]["survivor"] = bytes(16)
        return rows

    forge_rows(corpus, "lookup/duplicates/00000.arrow", change)
    (line,) = problems(corpus, full=True)
    assert "lookup/duplicates/00000.arrow: it says of 2 documents" in line


def test_the_sample_notices_tokens_that_are_elsewhere(corpus, problems):
    def change(rows):
        for row in rows:
            row["start"] += row["token_batch"] >= 0
        return rows

    forge_rows(corpus, PATH, change)
    assert "is not where lookup/ says" in problems(corpus)[0]
