import pytest

from haybale.pipeline.jobs.ingest import empty_line


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["a.py"], "warning: no records in 1 of 1,200 files: a.py"),
        (["a.py", "b.py", "c.py"], "warning: no records in 3 of 1,200 files: a.py, b.py, c.py"),
        (
            ["a.py", "b.py", "c.py", "d.py", "e.py"],
            "warning: no records in 5 of 1,200 files: a.py, b.py, c.py and 2 more",
        ),
    ],
)
def test_files_without_records_are_told_in_one_line(names, expected):
    assert empty_line(names, 1200) == expected
