import json

from haybale.cli import main
from haybale.corpus.storage import Folder
from haybale.pipeline.rows.tables import read_table


def test_every_removed_document_names_a_survivor_that_it_measurably_resembles(undisturbed, jaccard):
    folder = Folder(str(undisturbed))
    texts, removals = {}, []
    for name in folder.list("documents"):
        table = read_table(folder, name, ["doc_id", "text"]).to_pylist()
        texts |= {row["doc_id"]: row["text"] for row in table}
    removals = read_table(folder, "dedup/duplicates.arrow").to_pylist()
    removed = {row["removed"] for row in removals}
    assert len(removals) == 7
    for row in removals:
        assert row["survivor"] not in removed
        similarity = jaccard(texts[row["removed"]], texts[row["survivor"]], 13)
        assert similarity > 0.8
        assert row["similarity"] == similarity


def test_removed_documents_are_in_no_shard_and_their_survivors_are(undisturbed):
    folder = Folder(str(undisturbed))
    shards = [name for name in folder.list("shards") if name != "shards/index.arrow"]
    kept = {
        doc_id
        for name in shards
        for doc_id in read_table(folder, name, ["doc_id"]).column(0).to_pylist()
    }
    for row in read_table(folder, "dedup/duplicates.arrow").to_pylist():
        assert row["removed"] not in kept
        assert row["survivor"] in kept


def test_inspect_marks_what_a_duplicate_and_its_survivor_differ_in(undisturbed, capsys):
    table = read_table(Folder(str(undisturbed)), "dedup/duplicates.arrow")
    near = next(row for row in table.to_pylist() if row["similarity"] < 1)
    arguments = ["inspect", str(undisturbed), "--document", near["removed"].hex()]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    # The planted copy has "straw" in the place of the first "hay".
    assert "[-straw-] {+hay+}" in out or "[-hay-] {+straw+}" in out
    assert main([*arguments, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    (changed,) = (piece for piece in found["difference"] if not piece["same"])
    assert sorted((changed["left"], changed["right"])) == ["hay", "straw"]
