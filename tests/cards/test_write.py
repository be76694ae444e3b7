import json

import pyarrow as pa
import pyarrow.parquet as pq
from planted_card import SAMPLES, inputs
from planted_corpus import write_corpus

from haybale.cards.declaration import CardDeclaration
from haybale.cards.forms import CARD_PATHS
from haybale.cards.inputs import CardInputs
from haybale.cards.write import write_card
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder


def files_of(folder):
    return {name: folder.read(name) for name in folder.list() if name in CARD_PATHS}


def test_every_form_is_written_and_recorded(tmp_path):
    folder = write_corpus(tmp_path)
    assert set(files_of(folder)) == CARD_PATHS
    assert {file.path for file in read_manifest(folder).files} == set(folder.list()) - {
        "corpus.json"
    }
    assert "card/README.md" not in folder.list()


def test_the_list_of_files_has_inputs_shards_and_others(tmp_path):
    folder = write_corpus(tmp_path)
    rows = [json.loads(line) for line in folder.read("card/manifest.jsonl").splitlines()]
    assert rows[0] == {
        "kind": "input",
        "path": "a.jsonl",
        "bytes": 12345,
        "digest": "cd",
        "subset": "web",
    }
    shards = {row["path"]: row for row in rows if row["kind"] == "shard"}
    train = shards["shards/train/web/00000.arrow"]
    assert (train["documents"], train["tokens"]) == (45, 450)
    assert train["digest"] == read_manifest(folder).file(train["path"]).digest
    assert [row["path"] for row in rows if row["kind"] == "file"] == ["shards/index.arrow"]


def test_the_cube_of_attrition_is_a_table(tmp_path):
    folder = write_corpus(tmp_path)
    table = pq.read_table(pa.BufferReader(folder.read("card/attrition.parquet")))
    rows = {(row["outcome"], row["rule"]): row["documents"] for row in table.to_pylist()}
    assert rows["dropped", "gopher/word_count@1"] == 20


def test_a_card_is_made_again_elsewhere_from_what_the_corpus_holds(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    again = Folder(str(tmp_path / "again"))
    read = CardInputs.from_json(json.loads(corpus.read("card/inputs.json")))
    write_card(again, read, read_manifest(corpus).files, corpus)
    assert files_of(again) == files_of(corpus)


def test_the_same_inputs_in_another_order_give_the_same_bytes(tmp_path):
    one, two = Folder(str(tmp_path / "one")), Folder(str(tmp_path / "two"))
    planted = inputs()
    write_card(one, planted, [])
    turned = inputs(samples=tuple(reversed(SAMPLES)))
    turned.ledger.as_json()
    write_card(two, turned, [])
    differing = {name for name, data in files_of(one).items() if files_of(two)[name] != data}
    assert differing <= {"card/inputs.json"}


def test_excerpts_reach_no_form_if_none_are_to_be_shown(tmp_path):
    secret = ({**SAMPLES[0], "excerpt": "secret"},)
    folder = write_corpus(tmp_path, samples=secret, declared=CardDeclaration(samples="none"))
    for name, data in files_of(folder).items():
        assert b"secret" not in data or name == "card/inputs.json"
