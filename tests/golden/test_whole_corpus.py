"""A corpus with every kind of file that format version 1 has must be readable for ever."""

import json
from importlib.metadata import version

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sentencepiece
from golden_corpora import (
    COOKIES,
    FOOTER,
    INPUT,
    WHOLE,
    read_records,
    surviving_texts,
    unpack,
)

from haybale.cli import main
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.loaders import TokenDataset
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.tokenization.tokenizer import read_tokenizer

EOS = 2
SONG = [
    75, 281, 291, 260, 286, 279, 262, 266, 276, 264, 286, 296, 280, 295, 297, 276, 260, 286, 279,
    262, 280, 289, 283, 286, 47, 13, 287, 282, 120, 298, 279, 262, 280, 296, 297, 297, 290, 264,
    286, 296, 280, 271, 298, 280, 286, 297, 289, 297, 296, 291, 260, 286, 288,
]  # fmt: skip
"""`spm_encode --model=input/tokenizer.model --output_format=id` of the record `song`."""

MADE_ANEW = ("README.md", "card/", "corpus.json")
"""What a release may write otherwise without a new format version: the card, which is for people
and has formats of its own, and the manifest, which has the card's digests."""

CHANGED_ON_PURPOSE: dict[str, str] = {}
"""Files of the corpus that this release writes otherwise than the golden one, and why their meaning
is the same. Whatever means something else has another name, and is a new format version."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return unpack(WHOLE, tmp_path_factory.mktemp("golden"))


def rows(corpus, pattern):
    """The rows of all files that match, in the order of their names."""
    paths = sorted(corpus.glob(pattern))
    assert paths, pattern
    return [row for path in paths for row in pa.ipc.open_file(path).read_all().to_pylist()]


def own_ids(corpus):
    """Document ids of kept documents by the ids that their records have."""
    found = rows(corpus, "documents/*/*.arrow")
    return {json.loads(row["metadata"])["id"]: row["doc_id"] for row in found}


def test_it_verifies_and_nothing_is_left_unchecked(corpus):
    result = verify_corpus(Folder(str(corpus)), full=True, tokenizer=read_tokenizer)
    assert (result.problems, result.not_checked) == ((), ())
    # 15 readable records; rules drop two and deduplication three.
    assert result.documents == len(read_records()) - 2 - 3 == 10


def test_every_document_has_the_tokens_that_sentencepiece_gives_its_text(corpus):
    model = sentencepiece.SentencePieceProcessor(model_file=str(INPUT / "tokenizer.model"))
    tokens = {row["doc_id"]: row["tokens"] for row in rows(corpus, "shards/*/*/*.arrow")}
    ids = own_ids(corpus)
    expected = {ids[key]: [*model.encode(text), EOS] for key, text in surviving_texts().items()}
    assert tokens == expected
    assert tokens[ids["song"]] == [*SONG, EOS]


@pytest.mark.parametrize(
    ("split", "weights"), [("train", {"books": 1, "web": 0}), ("validation", {"books": 1})]
)
def test_it_streams_the_tokens_of_its_shards(corpus, split, weights):
    shards = rows(corpus, f"shards/{split}/books/*.arrow")
    stored = [token for row in shards for token in row["tokens"]]
    dataset = TokenDataset(corpus, 8, shuffle=None, split=split, weights=weights)
    streamed = [token for at in range(len(dataset)) for token in dataset[at]["input_ids"].tolist()]
    assert len(streamed) > len(stored) - 2 * 8  # a whole pass, but for what fills no sample
    assert streamed == stored[: len(streamed)]


def test_it_is_loaded_packed(corpus):
    dataset = TokenDataset(corpus, sequence_length=64, shuffle=None, packing="best_fit")
    shards = rows(corpus, "packing/best_fit-64/train/*/*.arrow")
    assert sum(len(row["starts"]) for row in shards) >= 8  # stretches of eight documents
    seen = sum(len(dataset[at]["input_ids"]) for at in range(len(dataset)))
    assert seen == 64 * len(dataset) > 0


def test_what_happened_to_a_document_is_told(corpus, capsys):
    ids = own_ids(corpus)
    mill, twin = (shown(corpus, capsys, "--document", ids[key].hex()) for key in ("mill", "barn"))
    assert [(edit["rule"], edit["text"]) for edit in mill["edits"]] == [
        ("c4/policy_line@1", f"{COOKIES}\n"),
        ("c4/unpunctuated_line@1", "Menu\n"),
    ]
    assert [(cut["rule"], cut["text"]) for cut in mill["cuts"]] == [
        ("repeats/line@1", f"\n{FOOTER}")
    ]
    assert (mill["file"], mill["record"]) == ("0.jsonl", 3)
    assert twin["duplicates"] == [ids["barn-copy"].hex()]
    gone = shown(corpus, capsys, "--document", ids["chinchilla"].hex())["removal"]
    assert gone["method"] == "minhash/jaccard@1"
    assert gone["survivor"] == ids["chinchilla-near"].hex()
    dropped = shown(corpus, capsys, "--dropped", "c4/sentence_count@1")
    assert dropped["text"] == "Too short to keep."


def shown(corpus, capsys, *what):
    """The only thing that `inspect --json` shows."""
    assert main(["inspect", str(corpus), *what, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    return found


def test_it_has_not_moved_from_itself(corpus, capsys):
    assert main(["card", "diff", str(corpus), str(corpus), "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)
    assert changes["facts"] == {"moved": [], "gone": [], "new": []}
    assert (changes["documents"]["stayed"], changes["settings"]) == (10, [])


@pytest.fixture(scope="module")
def anew(tmp_path_factory):
    """The same input, built by this release."""
    output = tmp_path_factory.mktemp("anew")
    build(INPUT / "recipe.toml", str(output), progress=Progress(quiet=True))
    return output


@pytest.mark.slow
def test_the_same_input_gives_the_same_corpus(corpus, anew):
    old, new = (read_manifest(Folder(str(folder))) for folder in (corpus, anew))
    for name in ("name", "recipe", "totals", "weights", "tokens"):
        assert getattr(old, name) == getattr(new, name), name
    for name in ("inputs", "evaluation_sets", "profiles"):
        assert old.lineage[name] == new.lineage[name], name
    assert names(old) <= names(new), "files that readers know are gone"
    for path in sorted(names(old)):
        if not path.endswith((".arrow", ".parquet")):
            continue
        before, after = table(corpus / path), table(anew / path)
        assert before.equals(after, check_metadata=True), path


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(corpus, anew):
    old = read_manifest(Folder(str(corpus)))
    other = {
        package: f"{made} then, {version(package)} now"
        for package, made in old.lineage["versions"].items()
        if package != "haybale" and version(package) != made
    }
    if other:
        pytest.skip(f"bytes are those of pinned versions: {other}")
    changed = [
        path
        for path in sorted(names(old))
        if not path.startswith(MADE_ANEW)
        and (corpus / path).read_bytes() != (anew / path).read_bytes()
    ]
    assert changed == sorted(CHANGED_ON_PURPOSE)


def names(manifest):
    """The files of a corpus that belong to its format."""
    return {record.path for record in manifest.files if is_guarded(record.path)}


def is_guarded(path):
    """Whether a file's meaning may not change within a format version."""
    return path.startswith("card/ids/") or not path.startswith(MADE_ANEW)


def table(path):
    """A file's rows and schema."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return pa.ipc.open_file(path).read_all()
