"""Decontamination of small corpora, end to end: what is planted is found, named, dropped or cut."""

import json
import re

import pytest

from haybale.cli import main
from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.runners import Engine

ITEM = (
    "A farmer has twenty-four bales of hay, sells half of them in May, and buys three more in "
    "June; how many bales does the farmer have at the end of June?"
)
SHORT = "Which animal's milk is pecorino cheese always made from?"
TINY = "How many legs?"
CHINESE = "农业生产中地膜覆盖对土壤理化性状的主要作用是保持土壤温度减少水肥流失增加土壤厚度"
ITEMS = {"long": ITEM, "short": SHORT, "tiny": TINY, "chinese": CHINESE}

DISGUISES = {
    "as it is": lambda text: text,
    "capitals": str.upper,
    "other spaces": lambda text: text.replace(" ", " \n\t"),
    "no punctuation": lambda text: re.sub(r"[^\w\s]", "", text),
    "spaces for punctuation": lambda text: re.sub(r"[^\w\s]", " ", text),
    "more punctuation": lambda text: text.replace(" ", ", ").replace("a", "a"),
    "all": lambda text: re.sub(r"[^\w\s]", " ", text).title().replace(" ", "  "),
}


@pytest.fixture
def run(tmp_path):
    """Build documents against the items; returns the output folder."""

    def build_them(texts, settings="", output="out", more="", engine=None):
        for name, rows in (("web.jsonl", texts), ("eval.jsonl", ITEMS)):
            path = tmp_path / name
            if not path.exists():
                lines = (json.dumps({"id": key, "text": text}) for key, text in rows.items())
                path.write_text("\n".join(lines))
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(
            'name = "d"\n[[subsets]]\nname = "web"\npaths = ["web.jsonl"]\n'
            "[ingest]\nidentify_language = false\n"
            f'[decontaminate]\n{more}\n[[decontaminate.sets]]\nname = "quiz"\n'
            f'paths = ["eval.jsonl"]\n{settings}\n'
            "[tokenizer]\ntrain = { vocabulary_size = 340 }\n"
        )
        options = {"engine": engine, "progress": Progress(quiet=True)}
        build(recipe, str(tmp_path / output), **options)
        return tmp_path / output

    return build_them


def rows_of(output, path):
    return read_table(Folder(str(output)), path).to_pylist()


def names_of(output):
    rows = rows_of(output, "documents/web/00000.arrow")
    return {row["doc_id"]: json.loads(row["metadata"])["id"] for row in rows}


def inside(prose, piece, seed):
    """A piece in the middle of a document of 5,000 words."""
    text = prose(seed, 5000)
    return f"{text[: len(text) // 2]} {piece} {text[len(text) // 2 :]}"


def test_a_planted_item_is_found_in_any_dress_and_the_document_is_dropped(run, prose):
    texts = {f"clean {seed}": prose(seed, 2000) for seed in range(3)}
    planted = {}
    for number, (dress, disguise) in enumerate(DISGUISES.items()):
        for item in ("long", "short", "chinese"):
            name = f"{item}, {dress}"
            planted[name] = item
            texts[name] = inside(prose, disguise(ITEMS[item]), 100 + number)
    output = run(texts)
    names = names_of(output)
    overlaps = rows_of(output, "decontaminate/web/00000.overlaps.arrow")
    assert {names[row["doc_id"]]: row["item"] for row in overlaps} == planted
    assert all(row["contaminated"] and row["set"] == "quiz" for row in overlaps)
    gone = rows_of(output, "decontaminate/web/00000.removed.arrow")
    assert {names[row["removed"]]: row["item"] for row in gone} == {
        name: f"quiz/{item}" for name, item in planted.items()
    }
    ledger = Ledger.from_json(json.loads((output / "card/inputs.json").read_text())["ledger"])
    removed = ledger.total(stage="decontaminate", rule="contamination/quiz@1", outcome="removed")
    assert removed.documents == len(planted)
    shards = Folder(str(output)).list("shards/train/web")
    tokenized = {row["doc_id"] for path in shards for row in rows_of(output, path)}
    assert {names[doc_id] for doc_id in tokenized} <= {name for name in texts if "clean" in name}


def test_the_table_tells_of_every_item(run, prose):
    texts = {"clean": prose(1, 2000), "one": inside(prose, ITEM, 2), "two": inside(prose, ITEM, 3)}
    output = run(texts)
    names = names_of(output)
    rows = {row["item"]: row for row in rows_of(output, "decontaminate/items.arrow")}
    assert list(rows) == list(ITEMS)
    # 31 words, of which "twenty-four" is one or two: 19 or 20 13-grams; the reading with more.
    assert rows["long"]["ngrams"] == 20
    assert rows["long"]["contaminated_documents"] == rows["long"]["documents"] == 2
    assert rows["long"]["greatest_overlap"] == 1.0
    assert names[rows["long"]["document"]] in {"one", "two"}
    assert rows["short"]["ngrams"] == 1
    assert (rows["short"]["documents"], rows["short"]["document"]) == (0, None)
    assert rows["tiny"]["not_searched"] == "too_short"


def test_a_cut_takes_the_item_and_leaves_the_rest(run, prose):
    before, after = prose(1, 500), prose(2, 500)
    output = run({"a": f"{before} {ITEM} {after}", "b": prose(3, 2000)}, 'policy = "cut"')
    (edit,) = rows_of(output, "decontaminate/web/00000.arrow")
    start = len(before) + 1
    # From the item's first word to its last, the question mark at that too.
    assert (edit["start"], edit["stop"]) == (start, start + len(ITEM))
    assert edit["rule"] == "contamination/quiz@1"
    ledger = Ledger.from_json(json.loads((output / "card/inputs.json").read_text())["ledger"])
    ledger.check()
    edited = ledger.total(stage="decontaminate", outcome="edited", rule="contamination/quiz@1")
    assert (edited.documents, edited.text_bytes) == (1, len(ITEM))
    assert ledger.total(stage="tokenize", outcome="kept").text_bytes in (
        0,
        len(before) + len(after) + 2 + len(prose(3, 2000)),
    )


def test_a_document_of_which_nothing_is_left_is_removed(run, prose):
    output = run({"a": ITEM, "b": prose(3, 2000)}, 'policy = "cut"')
    (gone,) = rows_of(output, "decontaminate/web/00000.removed.arrow")
    assert gone["rule"] == "contamination/nothing_left@1"
    assert rows_of(output, "decontaminate/web/00000.arrow") == []


def test_a_report_changes_nothing(run, prose):
    output = run({"a": inside(prose, ITEM, 1), "b": prose(3, 900)}, 'policy = "report"')
    assert rows_of(output, "decontaminate/web/00000.removed.arrow") == []
    (row,) = rows_of(output, "decontaminate/web/00000.overlaps.arrow")
    assert row["contaminated"]
    text = rows_of(output, "documents/web/00000.arrow")[row["row"]]["text"].encode()
    assert text[row["start"] : row["stop"]].decode() == ITEM
    assert row["run_words"] == 31


def test_containment_asks_for_its_share_of_the_item(run, prose):
    words = ITEM.split()
    # Of 31 words the first 20 hold 8 of 19 13-grams: 0.42; of 32 the first 21 hold 9 of 20: 0.45.
    texts = {"half": inside(prose, " ".join(words[:20]), 1), "b": prose(3, 900)}
    output = run(texts, 'threshold = 0.4\npolicy = "report"')
    (row,) = rows_of(output, "decontaminate/web/00000.overlaps.arrow")
    assert row["contaminated"]
    assert row["shared"] == row["run_words"] - 12
    output = run(texts, 'threshold = 0.6\npolicy = "report"', output="more")
    (row,) = rows_of(output, "decontaminate/web/00000.overlaps.arrow")
    assert not row["contaminated"]


def test_jaccard_sees_an_item_that_is_the_document_and_none_inside_a_long_one(run, prose):
    texts = {"inside": inside(prose, ITEM, 1), "same": ITEM.upper(), "b": prose(3, 900)}
    output = run(texts, 'mode = "jaccard"')
    names = names_of(output)
    rows = rows_of(output, "decontaminate/web/00000.overlaps.arrow")
    overlaps = {names[row["doc_id"]]: (row["overlap"], row["contaminated"]) for row in rows}
    assert overlaps["same"] == (1.0, True)
    # 19 or 20 shared n-grams of about 5,000.
    assert 0.003 < overlaps["inside"][0] < 0.004
    assert not overlaps["inside"][1]


def test_what_stands_in_many_documents_does_not_count(run, prose):
    texts = {str(seed): inside(prose, ITEM, seed) for seed in range(4)}
    output = run(texts, more="max_common_documents = 3")
    rows = {row["item"]: row for row in rows_of(output, "decontaminate/items.arrow")}
    assert rows["long"]["common_ngrams"] == rows["long"]["ngrams"] > 0
    assert rows["long"]["not_searched"] == "common"
    assert rows["long"]["documents"] == 0
    output = run(texts, 'policy = "report"', more="max_common_documents = 4", output="four")
    rows = {row["item"]: row for row in rows_of(output, "decontaminate/items.arrow")}
    assert rows["long"]["contaminated_documents"] == 4


@pytest.mark.slow
def test_two_workers_give_the_same_bytes(run, prose, monkeypatch):
    monkeypatch.setattr("haybale.pipeline.engines.local_runner.LIGHT_BYTES", -1)
    texts = {str(seed): inside(prose, ITEM, seed) for seed in range(3)} | {"b": prose(3, 900)}
    one, two = run(texts), run(texts, output="two", engine=Engine(workers=2))
    for path in sorted(one.rglob("*")):
        name = path.relative_to(one)
        if path.is_file() and name.parts[0] != "run":
            assert (two / name).read_bytes() == path.read_bytes(), name


def test_inspect_shows_items_and_documents(run, prose, capsys):
    output = run({"a": inside(prose, ITEM, 1), "b": prose(3, 900)})
    assert main(["inspect", str(output), "--contamination"]) == 0
    out = capsys.readouterr().out
    assert "quiz" in out
    assert "long" in out
    doc_id = next(doc_id for doc_id, name in names_of(output).items() if name == "a")
    assert doc_id.hex() in out
    assert main(["inspect", str(output), "--document", doc_id.hex()]) == 0
    assert "contamination/quiz@1" in capsys.readouterr().out


def test_the_fields_of_an_item_are_whatever_its_set_calls_them(tmp_path, run, prose):
    question, answer = ITEM.split(";")
    record = {"id": "q1", "question": question, "answer": answer, "text": "not looked at"}
    (tmp_path / "eval.jsonl").write_text(json.dumps(record))
    texts = {"both": inside(prose, f"{question}\n{answer}", 1), "b": prose(3, 900)}
    output = run(texts, 'fields = ["question", "answer"]')
    (row,) = rows_of(output, "decontaminate/items.arrow")
    assert (row["item"], row["greatest_overlap"], row["contaminated_documents"]) == ("q1", 1.0, 1)


@pytest.mark.parametrize(
    ("records", "settings", "message"),
    [
        ([{"id": 1, "question": "x"}], "", "no field 'text' among id, question"),
        ([{"id": 1, "text": "x"}], 'fields = ["text", "answer"]', "'answer'; known are id, text"),
        ([{"id": 1, "text": "x"}], 'fields = ["question"]', "no field 'question' among id, text"),
        ([{"id": 1, "text": " "}], "", "expected text in text, found none"),
        ([], "", "found no record"),
        ([{"text": "x"}], "ngram_words = 0", "ngram_words: expected 1 to 100, found 0"),
        ([{"text": "x"}], "threshold = 1.5", r"threshold: expected a number in \(0, 1\]"),
        ([{"text": "x"}], 'policy = "dorp"', "expected one of 'report', 'drop', 'cut'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(tmp_path, run, prose, records, settings, message):
    lines = (json.dumps(record) for record in records)
    (tmp_path / "eval.jsonl").write_text("\n".join(lines))
    with pytest.raises(RecipeError, match=message) as raised:
        run({"a": prose(1)}, settings)
    assert "\n" not in str(raised.value)


def test_a_missing_set_is_said_in_one_line(tmp_path, run, prose):
    run({"a": prose(1, 2000)})
    (tmp_path / "eval.jsonl").unlink()
    (tmp_path / "eval.jsonl").mkdir()
    with pytest.raises(RecipeError, match=r"decontaminate\.sets\.quiz\.paths: .*matches no file"):
        run({"a": prose(1, 2000)}, output="again")
