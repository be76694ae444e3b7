import numpy as np
import pytest

from haybale.corpus.errors import RecipeError
from haybale.tokenization.retrieval import neighbours
from haybale.tokenization.retrieval.neighbours import find_neighbours


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK", 16)


@pytest.fixture
def embeddings():
    return np.random.default_rng(0).normal(size=(100, 8)).astype(np.float32)


DOCUMENTS = np.arange(100) // 5  # five chunks each


def one_by_one(embeddings, excluded, k):
    """Every pair's distance by its definition, sorted by distance and number."""
    wide = embeddings.astype(np.float64)
    found = []
    for query in range(len(wide)):
        distances = ((wide - wide[query]) ** 2).sum(axis=1)
        allowed = [at for at in range(len(wide)) if not excluded(query, at)]
        found.append(sorted(allowed, key=lambda at: (distances[at], at))[:k])
    return found


def test_neighbours_are_the_nearest_of_other_documents(embeddings):
    found = find_neighbours(embeddings, DOCUMENTS, 4)
    expected = one_by_one(embeddings, lambda one, two: DOCUMENTS[one] == DOCUMENTS[two], 4)
    assert found.chunks.tolist() == expected
    distances = ((embeddings[found.chunks] - embeddings[:, None]) ** 2).sum(axis=2)
    assert np.allclose(found.distances, distances, rtol=1e-5)


def test_chunks_of_a_document_that_are_all_alike_are_still_not_neighbours(embeddings):
    alike = embeddings[DOCUMENTS]  # every chunk is its document's
    found = find_neighbours(alike, DOCUMENTS, 3)
    assert (DOCUMENTS[found.chunks] != DOCUMENTS[:, None]).all()
    assert (found.distances > 0).all()


def test_clusters_are_kept_apart_as_documents_are(embeddings):
    clusters = DOCUMENTS % 3
    found = find_neighbours(embeddings, DOCUMENTS, 4, clusters=clusters)
    expected = one_by_one(embeddings, lambda one, two: clusters[one] == clusters[two], 4)
    assert found.chunks.tolist() == expected


def test_of_equally_near_chunks_the_smallest_numbers_come_first(embeddings):
    copies = np.concatenate([embeddings[:1]] * 50 + [embeddings[1:2]])
    found = find_neighbours(copies, np.arange(51), 3)
    assert found.chunks[0].tolist() == [1, 2, 3]
    assert found.chunks[20].tolist() == [0, 1, 2]
    assert found.chunks[50].tolist() == [0, 1, 2]
    assert found.distances[20].tolist() == [0, 0, 0]


def test_where_there_are_too_few_the_rest_is_missing(embeddings):
    found = find_neighbours(embeddings[:3], np.array([0, 0, 1]), 2)
    assert found.chunks[:2].tolist() == [[2, -1], [2, -1]]
    assert np.isinf(found.distances[:, 1]).tolist() == [True, True, False]


def test_work_that_is_shared_out_gives_the_same(embeddings):
    whole = find_neighbours(embeddings, DOCUMENTS, 4)
    parts = [find_neighbours(embeddings, DOCUMENTS, 4, queries=slice(a, a + 33)) for a in (0, 33)]
    assert np.concatenate([part.chunks for part in parts]).tolist() == whole.chunks[:66].tolist()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"documents": DOCUMENTS[:-1]}, r"found \(100, 8\) and \(99,\)"),
        ({"clusters": DOCUMENTS[:-1]}, r"found \(100, 8\) and \(100,\), \(99,\)"),
        ({"k": 0}, "k: expected at least 1, found 0"),
    ],
)
def test_what_cannot_be_is_refused(embeddings, changes, said):
    settings = {"documents": DOCUMENTS, "k": 2, **changes}
    with pytest.raises(RecipeError, match=said):
        find_neighbours(embeddings, **settings)


def test_an_embedding_that_is_no_number_is_named(embeddings):
    embeddings[42, 3] = np.nan
    with pytest.raises(RecipeError, match="of chunk 42"):
        find_neighbours(embeddings, DOCUMENTS, 2)
