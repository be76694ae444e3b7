"""Lists of ids as people write them."""

import numpy as np
import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.takedown.ids import are_in, as_arrow, hex_of, read_ids

ONE, TWO = "00" * 15 + "01", "ff" + "00" * 15


def write(tmp_path, text):
    path = tmp_path / "ids.txt"
    path.write_text(text)
    return path


def test_a_line_is_an_id_and_each_counts_once_also_with_zero_bytes_at_its_end(tmp_path):
    ids = read_ids(write(tmp_path, f"{TWO}\n\n  {ONE}  \n{TWO.upper()}\n"))
    assert hex_of(ids) == [ONE, TWO]
    assert as_arrow(ids).to_pylist() == [bytes.fromhex(ONE), bytes.fromhex(TWO)]
    values = np.array([bytes.fromhex(TWO), bytes(16), bytes.fromhex(ONE)], "S16")
    assert are_in(values, ids).tolist() == [True, False, True]


@pytest.mark.parametrize("line", ["abc", "x" * 32, ONE + "0", "https://example.org/"])
def test_what_is_no_id_is_named_with_its_line(tmp_path, line):
    with pytest.raises(RecipeError, match=r"line 2: expected 32 hex digits.*found"):
        read_ids(write(tmp_path, f"{ONE}\n{line}\n"))


def test_an_empty_list_and_no_list_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="an empty list takes nothing down"):
        read_ids(write(tmp_path, "\n \n"))
    with pytest.raises(RecipeError, match="cannot be read"):
        read_ids(tmp_path / "nowhere")


def test_a_mark_at_the_beginning_and_remarks_are_passed_over(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_bytes(b"\xef\xbb\xbf" + f"{ONE}  # ticket 4711\n# all of it\n{TWO}#\n".encode())
    assert hex_of(read_ids(path)) == [ONE, TWO]
