import json
import random

from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.tokenization.encode import SentencePieceTokenizer


def test_survivors_of_one_cluster_share_a_split(tmp_path):
    """Chains a-b-c of which a and c survive: alike through b, they must not be held apart."""
    rng = random.Random(0)
    vocabulary = ["".join(rng.choices("abcdefgh", k=6)) for _ in range(400)]
    rows = []
    for chain in range(30):
        words = rng.choices(vocabulary, k=400)
        for member, places in (("a", ()), ("b", (50, 150)), ("c", (250, 350))):
            # Each changed word changes 13 of 388 shingles: a-b and b-c are (388 - 26) / (388 + 26)
            # = 0.87 alike, a-c with four changes (388 - 52) / (388 + 52) = 0.76.
            for place in places:
                words[place] = f"{words[place]}{member}"
            rows.append({"id": f"{chain}{member}", "text": " ".join(words)})
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "recipe.toml").write_text(
        'name = "chains"\n[[subsets]]\nname = "web"\npaths = ["a.jsonl"]\n'
        "[ingest]\nidentify_language = false\n[dedup]\n"
        "[tokenizer]\ntrain = { vocabulary_size = 400 }\n[shards]\nvalidation_fraction = 0.5\n"
    )
    build(tmp_path / "recipe.toml", str(tmp_path / "out"), progress=Progress(quiet=True))
    folder = Folder(str(tmp_path / "out"))
    documents = read_table(folder, "documents/web/00000.arrow").to_pylist()
    names = {row["doc_id"]: json.loads(row["metadata"])["id"] for row in documents}
    splits: dict[str, list[str]] = {}
    for shard in (name for name in folder.list("shards") if name != "shards/index.arrow"):
        for row in read_table(folder, shard, ["doc_id"]).to_pylist():
            splits.setdefault(names[row["doc_id"]][:-1], []).append(shard.split("/")[1])
    pairs = [found for found in splits.values() if len(found) == 2]
    assert len(splits) == 30
    assert len(pairs) > 10  # the others are chains whose b came first
    assert all(one == other for one, other in pairs)
    assert {found[0] for found in pairs} == {"train", "validation"}


def test_tokens_of_every_shard_are_those_of_its_documents(undisturbed):
    folder = Folder(str(undisturbed))
    encoder = SentencePieceTokenizer(folder.read("tokenizer/tokenizer.model"))
    texts = {}
    for name in folder.list("documents"):
        table = read_table(folder, name, ["doc_id", "text"]).to_pylist()
        texts |= {row["doc_id"]: row["text"] for row in table}
    for name in (name for name in folder.list("shards") if name != "shards/index.arrow"):
        for row in read_table(folder, name).to_pylist():
            assert row["tokens"][-1] == encoder.eos_id
            assert encoder.decode(row["tokens"][:-1]) == texts[row["doc_id"]]


def test_a_shard_ends_with_the_document_that_reaches_its_target(undisturbed):
    folder = Folder(str(undisturbed))
    shards: dict[str, list[list[int]]] = {}
    for row in read_index(folder).to_pylist():
        tokens = read_table(folder, row["shard"], ["tokens"]).column("tokens")
        of_kind = shards.setdefault(f"{row['split']}/{row['subset']}", [])
        if row["batch"] == 0:
            of_kind.append([len(document) for document in tokens.to_pylist()])
    assert sum(len(of_kind) for of_kind in shards.values()) > len(shards)
    for of_kind in shards.values():
        for lengths in of_kind[:-1]:
            assert sum(lengths[:-1]) < 2000 <= sum(lengths)
        assert sum(of_kind[-1][:-1]) < 2000
    totals = read_manifest(folder).totals
    for kind, of_kind in shards.items():
        split, subset = kind.split("/")
        assert totals[split][subset]["shards"] == len(of_kind)
