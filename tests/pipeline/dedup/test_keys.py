"""Keys of exact duplicates that another package adds."""

import pyarrow as pa
import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.keys import chosen_keys, exact_key, key, keys
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.reader_laws import check_key

TEXTS = [{"text": "Hay"}, {"text": "hAY"}, {"text": "straw"}, {"text": ""}]


@pytest.fixture
def register(monkeypatch):
    """Register a function as `straw/key@1`; forgotten afterwards."""
    monkeypatch.setattr(key, "REGISTERED", dict(keys()))
    monkeypatch.setattr("haybale.pipeline.dedup.keys.REGISTERED", key.REGISTERED)

    def run(function, **options):
        function.__doc__ = "A key."
        exact_key("straw/key@1", **options)(function)
        keys.cache_clear()
        return keys()["straw/key@1"]

    yield run
    keys.cache_clear()


def lower(documents):
    texts = documents.column("text").to_pylist()
    return pa.array([text.lower() or None for text in texts], pa.string())


def test_who_shares_a_string_shares_a_key_and_null_is_nobodys(register):
    found = check_key(register(lower), TEXTS)
    assert found[0] == found[1] != found[2]
    assert found[3] is None


def test_a_key_may_be_made_of_other_columns(register):
    made = register(lambda documents: documents.column("metadata"), columns=("metadata",))
    found = check_key(made, [{"text": "a", "metadata": "x"}, {"text": "b", "metadata": "x"}])
    assert found[0] == found[1] is not None


def test_ours_are_looked_for_first_and_then_others_as_given(register):
    register(lower)
    assert chosen_keys(("straw/key@1", "text", "url")) == ("url", "text", "straw/key@1")
    assert DedupSettings(exact=("straw/key@1",)).exact_keys == ("straw/key@1",)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda documents: ["x"], "expected an Arrow array of strings, found list"),
        (lambda documents: pa.array([1]), r"expected an Arrow array of strings, found int64\[1\]"),
        (lambda documents: pa.array(["x"]), r"null for each of 4 documents, found string\[1\]"),
        (lambda documents: 1 / 0, "raised ZeroDivisionError: division by zero; give null"),
    ],
)
def test_a_key_that_is_none_says_what_was_expected(register, function, said):
    with pytest.raises(RecipeError, match=rf"straw/key@1: .*{said}"):
        check_key(register(function), TEXTS)


def test_a_key_that_looks_at_other_documents_breaks_a_law(register):
    made = register(lambda documents: pa.array([str(documents.num_rows)] * documents.num_rows))
    with pytest.raises(AssertionError, match="must not depend on those beside it"):
        check_key(made, TEXTS)


def test_columns_that_are_none_and_keys_that_are_unknown_are_refused(register):
    with pytest.raises(RecipeError, match=r"expected columns of doc_id, text.*found words"):
        register(lower, columns=("words",))
    with pytest.raises(RecipeError, match="unknown key 'txt'; did you mean 'text'"):
        DedupSettings(exact=("txt",))
