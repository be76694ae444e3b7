"""The search for documents that kill, over made-up deaths."""

import signal

import pytest

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.isolation.guard import Span
from haybale.pipeline.isolation.news import heard_by
from haybale.pipeline.isolation.search import MAX_CULPRITS, MAX_DEATHS, Search
from haybale.pipeline.units.child import Death

CRASH = Death(-signal.SIGSEGV)
KILL = Death(-signal.SIGKILL)


def find(search, row, num_rows):
    """Die at a row until it is found, worked on as `Guard.sift` does; returns the deaths."""
    deaths = 0
    while ("batch", row) not in search.culprits:
        suspects = search.suspects.get("batch", [])
        spans = [span for span in suspects if span.start <= row < span.stop]
        search.narrow((*spans, Span("batch", 0, num_rows))[0], CRASH)
        deaths += 1
    return deaths


def test_a_batch_is_halved_down_to_the_document_which_must_kill_twice():
    search = Search("ingest/a")
    # 1024 rows: one death in the whole, nine more in halves of 512 to 2, two at the row itself.
    assert find(search, 700, 1024) == 12
    assert search.culprits == {("batch", 700): "died of SIGSEGV"}


def test_the_documents_of_the_largest_batch_can_all_be_found_within_the_bound():
    # 2**18 rows: 18 deaths in the whole and in halves of it, two at the row.
    assert find(Search("ingest/a"), 5, 1 << 18) * MAX_CULPRITS == MAX_DEATHS


def test_so_many_culprits_are_an_error_that_names_the_last():
    search = Search("ingest/a")
    for row in range(19):
        find(search, row, 1024)
    with pytest.raises(HaybaleError, match=r"at batch, document 19; so many .* report it"):
        find(search, 19, 1024)
    assert len(search.culprits) == MAX_CULPRITS == 20


def test_deaths_that_no_document_repeats_come_to_an_end():
    search = Search("ingest/a")
    for number in range(MAX_DEATHS - 1):
        search.narrow(Span(f"batch {number}", 0, 8), CRASH)
    with pytest.raises(HaybaleError, match=rf"^ingest/a: {MAX_DEATHS} processes died, the last"):
        search.narrow(Span("batch", 0, 8), CRASH)


def test_no_document_is_blamed_where_the_system_kills():
    search = Search("ingest/a")
    search.narrow(Span("batch", 3, 4), KILL)
    with pytest.raises(HaybaleError, match="2 processes died of SIGKILL at batch, document 3; the"):
        search.narrow(Span("batch", 3, 4), KILL)


def test_what_is_told_reaches_who_hears_last():
    outer, inner = [], []
    with heard_by(outer.append):
        with heard_by(inner.append):
            Search("ingest/a").begin()
        Search("ingest/a").end()
    Search("ingest/a").end()
    assert [news.event for news in inner] == ["search_begun"]
    assert [(news.event, news.fields) for news in outer] == [
        ("search_ended", {"unit": "ingest/a", "culprits": 0})
    ]


def test_a_death_of_a_signal_without_a_name_is_told_by_its_number():
    assert str(Death(-40)) == "died of signal 40"
