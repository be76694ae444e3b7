"""Documents that make code raise: found alone, whatever batch they came in."""

import pyarrow as pa
import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.isolation.guard import CrashError, Guard, Span, described

BAD = {3, 7, 8}


def add(rows):
    """Sums its rows; raises at BAD ones."""
    for row in rows.tolist():
        if row in BAD:
            raise ValueError(f"row {row}")
    return int(rows.sum())


@pytest.mark.parametrize("num_rows", [4, 9, 10, 100])
def test_what_raises_is_found_alone_and_the_rest_is_done(num_rows):
    result, crashed = Guard().sift("batch", num_rows, add)
    bad = {row for row in BAD if row < num_rows}
    assert crashed == {row: f"ValueError: row {row}" for row in bad}
    assert result == num_rows * (num_rows - 1) // 2 - sum(bad)


def test_a_batch_of_nothing_but_what_raises_gives_the_result_of_none():
    result, crashed = Guard().sift("batch", 1, lambda rows: add(rows + 3))
    assert (result, crashed) == (0, {0: "ValueError: row 3"})


def test_known_culprits_are_left_out_and_suspects_worked_on_alone_first():
    seen = []
    notes = []
    guard = Guard(
        {("b", 2): "died of SIGSEGV"}, {"b": [Span("b", 0, 2), Span("b", 2, 4)]}, notes.append
    )

    def work(rows):
        seen.append(rows.tolist())

    assert guard.sift("b", 5, work)[1] == {2: "died of SIGSEGV"}
    assert seen == [[0, 1], [3], [0, 1, 3, 4]]
    assert [note for note in notes if note] == [Span("b", 0, 2), Span("b", 2, 4), Span("b", 0, 5)]
    assert guard.sift("another", 3, work)[1] == {}


def test_what_raises_only_in_company_is_raised():
    def crowded(rows):
        if len(rows) == 4:
            raise ValueError("too many")

    with pytest.raises(ValueError, match="too many"):
        Guard().sift("batch", 4, crowded)


def test_an_error_that_a_user_can_mend_is_no_crash():
    def refuse(rows):
        if 2 in rows:
            raise RecipeError("mend it")

    with pytest.raises(RecipeError, match="mend it"):
        Guard().sift("batch", 4, refuse)


@pytest.mark.parametrize("error", [MemoryError, ImportError, pa.ArrowMemoryError, OSError])
@pytest.mark.parametrize("alone", [False, True])
def test_what_is_the_computers_fault_sets_no_document_aside(error, alone):
    def work(rows):
        if 7 in rows and (not alone or len(rows) == 1):
            raise error
        if {3, 7} & set(rows.tolist()):  # at which the search begins
            raise ValueError

    with pytest.raises(error):
        Guard().sift("batch", 10, work)


def test_a_document_known_to_kill_is_not_tried_again():
    guard = Guard({("pages", 2): "died of SIGSEGV"})
    assert guard.alone("pages", 1, lambda: "text") == "text"
    with pytest.raises(CrashError, match="died of SIGSEGV"):
        guard.alone("pages", 2, lambda: pytest.fail("was tried"))


def test_addresses_of_memory_do_not_reach_a_record():
    assert described(ValueError("bad <object at 0x7f01ab34cd56>")) == (
        "ValueError: bad <object at 0x…>"
    )
