"""Records to documents and back, and what is said of what is no document."""

import itertools

import apache_beam as beam
import pyarrow as pa
import pytest
import xxhash
from apache_beam.transforms.window import FixedWindows, GlobalWindow, TimestampedValue
from piece_models import learn

from haybale.corpus.documents import DOCUMENTS
from haybale.corpus.errors import RecipeError, SchemaError
from haybale.pipeline.transforms import (
    ApplyRules,
    Deduplicate,
    Encode,
    FromDocuments,
    IdentifyLanguage,
    MaskPersonalData,
    ToDocuments,
)


@pytest.fixture
def documents(run, rows):
    def documents(records, *subset, **settings):
        def graph(root):
            return {"all": root | beam.Create(records) | ToDocuments(*subset, **settings)}

        batches = run(graph)["all"]
        assert all(batch.schema == DOCUMENTS for batch in batches)
        return rows(batches)

    return documents


def test_fields_become_columns_and_the_rest_metadata(documents):
    record = {
        "content": "hay",
        "id": 7,
        "url": "http://a.org",
        "timestamp": "2020-01-01",
        "lang": "en",
        "source": "crawl",
        "stars": 3,
    }
    (row,) = documents([record], "web", fields={"text": "content"}, license="cc0-1.0")
    row.pop("doc_id")
    assert row == {
        "text": "hay",
        "subset": "web",
        "url": "http://a.org",
        "source": "crawl",
        "timestamp": "2020-01-01",
        "language": "en",
        "language_score": None,
        "license": "cc0-1.0",
        "metadata": '{"id":7,"stars":3}',
    }


def test_an_id_is_the_digest_that_is_promised(documents):
    (string,) = documents(["hay"])
    (record,) = documents([{"text": "hay"}])
    written = b'documents\0record\0{"text":"hay"}'
    assert string["doc_id"] == record["doc_id"] == xxhash.xxh3_128_digest(written)
    (named,) = documents([{"text": "hay", "key": "a"}], "web", id_field="key")
    assert named["doc_id"] == xxhash.xxh3_128_digest(b'web\0id\0"a"')
    ((left, right),) = [
        documents([{"text": "hay", "a": 1, "b": 2}, {"b": 2, "a": 1, "text": "hay"}])
    ]
    assert left["doc_id"] == right["doc_id"]


def test_dictionaries_come_back_as_they_went_in(run):
    records = [{"text": "hay", "id": 1, "tags": ["a"]}, {"text": "straw", "url": "http://a.org"}]

    def graph(root):
        return {"all": root | beam.Create(records) | ToDocuments("web") | FromDocuments()}

    found = run(graph)["all"]
    ids = [row.pop("doc_id") for row in found]
    assert all(len(bytes.fromhex(each)) == 16 for each in ids)
    expected = [{**record, "subset": "web"} for record in records]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_documents_keep_their_windows(run):
    def graph(root):
        texts = root | beam.Create([("a", 1), ("b", 2), ("c", 61)])
        timed = texts | beam.MapTuple(TimestampedValue) | beam.WindowInto(FixedWindows(60))
        batches = timed | ToDocuments()
        sizes = batches | beam.Map(lambda batch: batch.num_rows)
        return {"sums": sizes | beam.CombineGlobally(sum).without_defaults()}

    # The first minute has two texts, the second one.
    assert sorted(run(graph)["sums"]) == [1, 2]


@pytest.mark.parametrize(
    ("record", "settings", "message"),
    [
        (5, {}, "expected a string or a dictionary, found int"),
        ({"body": "x"}, {}, "no field 'text' among body"),
        ({"text": 5}, {}, "'text' is int, not a string"),
        ({"text": "x"}, {"id_field": "key"}, "expected an id in the field 'key'"),
        # As text a set is written in another order by every process.
        ({"text": "x", "tags": {"a", "b"}}, {}, "can be written as JSON: Type is not JSON"),
        ({"text": "x", "key": 1, "tags": {"a"}}, {"id_field": "key"}, "can be written as JSON"),
    ],
)
def test_what_is_no_document_is_an_error_that_says_why(documents, record, settings, message):
    with pytest.raises(Exception, match=message):
        documents([record], **settings)


@pytest.mark.parametrize(
    ("settings", "message"), [({}, "can be written as JSON"), ({"id_field": "key"}, "can be UTF-8")]
)
def test_half_a_character_is_an_error(settings, message):
    # Asked directly: Beam itself may fail at such a text before any transform sees it.
    collect = ToDocuments(**settings)._collect
    collect.start_bundle()
    record = {"text": "\ud800", "key": 1}
    with pytest.raises(SchemaError, match=message):
        list(itertools.chain(collect.process(record, GlobalWindow()), collect.finish_bundle()))


def test_an_unknown_field_is_refused_with_the_nearest(documents):
    with pytest.raises(RecipeError, match="unknown field 'txt'; did you mean 'text'"):
        ToDocuments(fields={"txt": "content"})


@pytest.fixture
def model(piece_model, tmp_path):
    path = tmp_path / "tokenizer.model"
    path.write_bytes(piece_model)
    return path


@pytest.fixture(scope="module")
def piece_model():
    return learn("unigram")


@pytest.fixture
def transforms(model):
    return {
        "ApplyRules": ApplyRules("gopher"),
        "Deduplicate": Deduplicate(),
        "Encode": Encode(model),
        "FromDocuments": FromDocuments(),
        "MaskPersonalData": MaskPersonalData(),
        "IdentifyLanguage": IdentifyLanguage(),
    }


NAMES = ["ApplyRules", "Deduplicate", "Encode", "FromDocuments", "MaskPersonalData"]
NAMES.append("IdentifyLanguage")


@pytest.mark.parametrize("name", NAMES)
def test_other_elements_are_refused_when_the_graph_is_built(name, transforms):
    root = beam.Pipeline(runner="FnApiRunner")
    texts = root | beam.Create(["x"])
    with pytest.raises(RecipeError, match=f"{name}: expected a PCollection of pyarrow.RecordBatch"):
        texts | transforms[name]


WRONG = {
    "no column": (
        pa.RecordBatch.from_pydict({"body": ["x"]}),
        r"expected one column '\w+' of .*, found the columns body",
    ),
    "of another type": (
        pa.RecordBatch.from_pydict({"doc_id": ["x"], "text": [5]}),
        r"column '\w+': expected .*, found (string|int64); cast it",
    ),
    "no batch": ("x", "expected a pyarrow.RecordBatch, found str; put ToDocuments"),
}


def undeclared(element, which):
    return WRONG[which][0]


@pytest.mark.slow
@pytest.mark.parametrize("which", WRONG)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_declared_is_refused_as_it_arrives(name, which, transforms, run):
    def graph(root):
        elements = root | beam.Create([0]) | beam.Map(undeclared, which)
        elements.element_type = beam.typehints.Any
        found = elements | transforms[name]
        return {"all": found[0] if isinstance(found, tuple) else found}

    with pytest.raises(Exception, match=f"{name}: {WRONG[which][1]}"):
        run(graph)


def test_nulls_are_refused_where_there_may_be_none(run, batches_of):
    ids = pa.array([b"a" * 16, b"b" * 16], pa.binary(16))
    batch = pa.RecordBatch.from_pydict({"doc_id": ids, "text": ["x", None]})

    def graph(root):
        return {"kept": (root | batches_of([batch]) | Deduplicate()).kept}

    with pytest.raises(Exception, match="column 'text': expected no nulls, found one at row 1"):
        run(graph)


def test_personal_data_is_masked_and_counted(run):
    def graph(root):
        documents = root | beam.Create(["Ask jo@brook.org now."]) | ToDocuments()
        return {"all": documents | MaskPersonalData(["email"]) | FromDocuments()}

    out = run(graph)
    assert [row["text"] for row in out["all"]] == ["Ask <EMAIL> now."]
    assert out["counters"] == {"masked/email": 1}
    with pytest.raises(RecipeError, match="unknown kind 'emial'; did you mean 'email'"):
        MaskPersonalData(["emial"])
    with pytest.raises(RecipeError, match="at least one kind"):
        MaskPersonalData([])


def test_languages_are_identified(run):
    texts = ["The farmers carry their hay into the barn in the evening.", "  "]

    def graph(root):
        documents = root | beam.Create(texts) | ToDocuments() | IdentifyLanguage()
        return {"all": documents | FromDocuments()}

    found = {row["text"]: row.get("language") for row in run(graph)["all"]}
    assert found == {texts[0]: "en", texts[1]: None}


def test_a_tokenizer_that_is_none_is_refused_before_any_graph(tmp_path):
    with pytest.raises(RecipeError, match=r"Encode: .*none.model does not exist"):
        Encode(tmp_path / "none.model")
    (tmp_path / "no.model").write_bytes(b"hay")
    with pytest.raises(RecipeError, match="expected a SentencePiece model"):
        Encode(tmp_path / "no.model")


def test_a_model_that_changed_under_way_is_refused(run, model, piece_model):
    encode = Encode(model)
    model.write_bytes(learn("bpe"))

    def graph(root):
        return {"all": root | beam.Create(["hay"]) | ToDocuments() | encode}

    with pytest.raises(
        Exception, match=r"the pipeline was made with .*; give all workers the same"
    ):
        run(graph)
