"""Laws that every reader of the registry keeps, on whole files, on pieces of them, and on damage.

Never an exception, never without an end; documents at growing positions; the pieces of any cut give
together what the whole gives.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader_laws import check_laws, read
from source_files import WRITERS

from haybale.pipeline.sources import readers

TEXTS = [f"text {at}: {'hay ' * (at % 5)}é" for at in range(10)]
FILES = [(format_, name) for format_, names in WRITERS.items() for name in names]
PROFILES = [pytest.param(12, id="few"), pytest.param(300, id="many", marks=pytest.mark.slow)]


def test_every_reader_of_the_registry_has_files_to_be_tested_on():
    assert set(WRITERS) == set(readers())


@pytest.mark.parametrize(("format_", "name"), FILES)
def test_a_whole_file_gives_every_text_from_any_pieces(format_, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(WRITERS[format_][name](TEXTS))
    documents, lost, _ = read(format_, path)
    texts = [dict(document[1:])["text"] for document in documents]
    assert texts == (["\n".join(TEXTS)] if format_ == "text" else TEXTS)
    assert lost == []
    num_bytes = path.stat().st_size
    for size in (1, 7, 100, 1000):
        if num_bytes // size < 500:
            check_laws(format_, path, range(0, num_bytes, size))


@pytest.mark.parametrize("examples", PROFILES)
@pytest.mark.parametrize(("format_", "name"), FILES)
def test_damage_costs_no_more_than_what_is_damaged_and_never_raises(
    format_, name, examples, tmp_path
):
    whole = WRITERS[format_][name](TEXTS)
    path = tmp_path / name
    places = st.integers(0, len(whole))
    change = st.tuples(st.sampled_from(("flip", "cut", "insert", "repeat")), places, places)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(change, min_size=1, max_size=3),
        st.binary(max_size=40),
        st.lists(places, max_size=4),
    )
    def check(changes, inserted, cuts):
        path.write_bytes(damaged(whole, changes, inserted))
        check_laws(format_, path, cuts)

    check()


def damaged(data, changes, inserted):
    for kind, first, second in changes:
        start, stop = sorted((min(first, len(data)), min(second, len(data))))
        if kind == "flip" and data:
            at = min(start, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ (1 << second % 8)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:start] + data[min(stop, start + 50) :]
        elif kind == "insert":
            data = data[:start] + inserted + data[start:]
        elif kind == "repeat":
            data = data[:stop] + data[start:stop][:200] + data[stop:]
    return data


@pytest.mark.parametrize("examples", PROFILES)
@pytest.mark.parametrize(("format_", "name"), FILES)
def test_any_bytes_are_read_without_an_exception(format_, name, examples, tmp_path):
    path = tmp_path / name
    magic = WRITERS[format_][name](TEXTS)[:12]
    starts = st.sampled_from((b"", magic[:4], magic))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(starts, st.binary(max_size=300), st.lists(st.integers(1, 300), max_size=3))
    def check(start, rest, cuts):
        path.write_bytes(start + rest)
        check_laws(format_, path, cuts)

    check()


@pytest.mark.parametrize(("format_", "name"), FILES)
def test_a_file_cut_short_anywhere_still_gives_a_beginning(format_, name, tmp_path):
    whole, path = WRITERS[format_][name](TEXTS), Path(tmp_path / name)
    path.write_bytes(whole)
    everything = {document[0] for document in read(format_, path)[0]}
    for stop in range(0, len(whole), max(1, len(whole) // 25)):
        path.write_bytes(whole[:stop])
        documents, lost, _ = read(format_, path)
        assert {document[0] for document in documents} <= everything | {0}
        assert documents or lost or stop == 0 or format_ in ("warc", "wet")
