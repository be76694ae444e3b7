"""How documents are grouped into batches, and in which order they come, changes no result."""

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haybale.corpus.documents import DOCUMENTS
from haybale.pipeline import shuffle
from haybale.pipeline.transforms import ApplyRules, Deduplicate
from haybale.pipeline.transforms.deduplication import blocks

NUM_DOCUMENTS = 36


@pytest.fixture(scope="module")
def documents(prose):
    """Strangers, copies, near-duplicates in chains, copies by id, short and empty texts."""
    texts = [prose(seed) for seed in range(12)]
    texts += texts[:4]
    for text in texts[4:7]:
        texts += [f"{text} one", f"{text} one two", text.replace("hay", "straw", 1)]
    texts += ["", " ", "hay", "Hay.", "hay straw", "hay straw"]
    ids = [number.to_bytes(16, "big") for number in range(len(texts))]
    again = [0, 4, 17, 17, len(texts) - 1]
    ids, texts = ids + [ids[at] for at in again], texts + [texts[at] for at in again]
    assert len(texts) == NUM_DOCUMENTS
    columns = {"doc_id": pa.array(ids, pa.binary(16)), "text": pa.array(texts, pa.large_string())}
    for name in DOCUMENTS.names[2:]:
        columns[name] = pa.nulls(len(texts), DOCUMENTS.field(name).type)
    return pa.RecordBatch.from_pydict(columns)


def results(run, rows, batches_of, documents, order, sizes):
    shuffled = documents.take(pa.array(order))
    batches, start = [], 0
    for size in [*sizes, NUM_DOCUMENTS]:
        batches.append(shuffled.slice(start, size))
        start += size

    def graph(root):
        arriving = root | batches_of(batches)
        found = arriving | Deduplicate(exact=["text", "normalised"])
        ruled = arriving | ApplyRules("gopher")
        return {**found._asdict(), "good": ruled.kept, "bad": ruled.dropped, "all": ruled.measures}

    out = run(graph)
    return {name: rows(out[name]) for name in ("kept", "removed", "good", "bad", "all")}


@pytest.fixture(scope="module")
def known():
    """Filled by the first example."""
    return {}


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(NUM_DOCUMENTS)),
    sizes=st.lists(st.integers(0, 12), max_size=NUM_DOCUMENTS),
)
def test_results_do_not_depend_on_batches_or_order(
    run, rows, batches_of, documents, known, order, sizes
):
    found = results(run, rows, batches_of, documents, order, sizes)
    assert known.setdefault("first", found) == found
    assert len(found["kept"]) + len(found["removed"]) == NUM_DOCUMENTS
    assert len(found["good"]) + len(found["bad"]) == len(found["all"]) == NUM_DOCUMENTS


@pytest.mark.slow
def test_one_batch_and_batches_of_one_give_the_same(run, rows, batches_of, documents):
    order = list(range(NUM_DOCUMENTS))
    whole = results(run, rows, batches_of, documents, order, [])
    single = results(run, rows, batches_of, documents, order[::-1], [1] * NUM_DOCUMENTS)
    assert whole == single
    # 36 documents: 9 copies by text or by id and "Hay." for "hay"; the rest is near-duplicates.
    assert len(whole["removed"]) > 12


@pytest.mark.slow
def test_in_how_many_groups_work_is_divided_changes_nothing(
    run, rows, batches_of, documents, monkeypatch
):
    order = list(range(NUM_DOCUMENTS))
    whole = results(run, rows, batches_of, documents, order, [9, 9, 9])
    monkeypatch.setattr(shuffle, "PARTITION_BYTES", 1000)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 500)
    # Each document is a block of its own, and digests are shuffled in groups of 1000 bytes.
    assert results(run, rows, batches_of, documents, order, [9, 9, 9]) == whole
