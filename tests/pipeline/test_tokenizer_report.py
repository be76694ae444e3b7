import json
import random

import numpy as np
import pytest

from haybale.corpus.digests import derive_seed, keyed_digests
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.build import build
from haybale.pipeline.jobs.tokenizer_draw import Candidates, Draw
from haybale.pipeline.jobs.tokenizer_sample import part_candidates, read_sample
from haybale.pipeline.jobs.tokenizer_trial import find_survivors
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.tokenization.tokenizer import read_tokenizer
from haybale.tokenization.train import TokenizerTraining

QUIET = Progress(quiet=True)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, prose):
    """Two subsets: one of three languages and of none, nine in ten documents of the first."""
    folder = tmp_path_factory.mktemp("languages")
    rng = random.Random(0)
    for number, name in enumerate(("web", "books")):
        for file in range(4):
            records = []
            for row in range(15):
                text = prose(number * 1000 + file * 100 + row, 80)
                language = rng.choices(["en", "de", "el", None], [18, 1, 1, 1])[0]
                text += {"el": "\n\u03ac\u03bb\u03bb\u03bf", "de": "\r\n\u00e4"}.get(language, "")
                records.append(json.dumps({"text": text, "lang": language}) + "\n")
            path = folder / name / f"{file}.jsonl"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(records))
    (folder / "recipe.toml").write_text(
        """
name = "languages"
[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
weight = 3
[[subsets]]
name = "books"
paths = ["books/*.jsonl"]
weight = 1
[ingest]
part_bytes = 2000
identify_language = false
[dedup]
[tokenizer.train]
vocabulary_size = 320
sample_bytes = 16000
max_document_bytes = 300
max_language_fraction = 0.5
[shards]
validation_fraction = 0.2
"""
    )
    return folder / "recipe.toml"


@pytest.fixture(scope="module")
def corpus(recipe):
    build(recipe, str(recipe.parent / "out"), progress=QUIET)
    return Folder(str(recipe.parent / "out"))


def test_the_sample_keeps_to_every_share(corpus):
    facts = read_parsed(corpus, "tokenizer/facts.json")
    sample = facts["sample"]
    # web may give 12,000 bytes of 16,000, one language 6,000 of these, a document 300.
    for subset, budget in (("web", 12_000), ("books", 4_000)):
        languages = sample[subset]
        assert set(languages) == {"en", "de", "el", "unknown"}
        assert languages["en"]["text_bytes"] == budget // 2
        assert sum(found["text_bytes"] for found in languages.values()) <= budget
        assert all(found["text_bytes"] <= 300 * found["documents"] for found in languages.values())
    assert facts["sample_bytes"] == sum(
        found["text_bytes"] for languages in sample.values() for found in languages.values()
    )


def test_texts_come_in_the_order_of_the_draw(corpus):
    survivors, draw = find_survivors(corpus), Draw(0, 6000, 300)
    candidates = Candidates(draw)
    for part in survivors.parts:
        candidates.add(part.subset, *part_candidates(corpus, part, draw))
    sample = read_sample(corpus, survivors.parts, candidates.chosen(survivors.loaded))
    order = {}
    for path in corpus.list("documents"):
        table = read_table(corpus, path, ["doc_id", "text"])
        digests = keyed_digests(derive_seed(0, "tokenizer"), table.column("doc_id").chunk(0))
        starts = (text[:300] for text in table.column("text").to_pylist())
        order |= dict(zip(starts, digests.tolist(), strict=True))
    whole = [text for text in sample.texts if text in order]
    assert len(whole) == len(sample.texts) == 20  # 4,500 and 1,500 bytes of 300 a document
    assert whole == sorted(whole, key=order.__getitem__)
    assert sample.subsets != sorted(sample.subsets)


def test_the_report_is_what_a_recount_of_the_shards_gives(corpus):
    report, tokenizer = read_parsed(corpus, "tokenizer/report.json"), read_tokenizer(corpus)
    languages, sizes = {}, {}
    for path in corpus.list("documents"):
        for row in read_table(corpus, path, ["doc_id", "language", "text"]).to_pylist():
            languages[row["doc_id"]] = row["language"] or "unknown"
            sizes[row["doc_id"]] = len(row["text"].encode())
    for subset, found in report["subsets"].items():
        uses = np.zeros(tokenizer.vocabulary_size, np.int64)
        counts = {}
        for split in ("train", "validation"):
            for path in corpus.list(f"shards/{split}/{subset}"):
                for row in read_table(corpus, path).to_pylist():
                    cell = counts.setdefault(languages[row["doc_id"]], np.zeros(6, np.int64))
                    pieces = [tokenizer.piece(number) for number in row["tokens"]]
                    ends = sum(piece in ("<0x0A>", "<0x0D>") for piece in pieces)
                    fallback = sum(piece.startswith("<0x") for piece in pieces) - ends
                    size = sizes[row["doc_id"]]
                    cell += [1, size, len(pieces), ends, fallback, row["tokens"].count(0)]
                    np.add.at(uses, row["tokens"], 1)
        names = ("documents", "text_bytes", "tokens", "newline_tokens", "byte_tokens")
        for language, cell in counts.items():
            shown = found["languages"][language]
            assert [shown[name] for name in (*names, "unknown_tokens")] == cell.tolist()
        assert set(counts) == set(found["languages"])
        assert found["pieces_used"] == np.count_nonzero(uses)
        assert found["pieces_used_100_times"] == np.count_nonzero(uses >= 100)
    assert report["total"]["documents"] == 120
    # No piece of Greek or \u00e4 fits in: four Greek letters have 8 bytes, \u00e4 has 2.
    web = report["subsets"]["web"]["languages"]
    assert web["de"]["newline_tokens"] > web["de"]["documents"]


def test_the_report_belongs_to_the_corpus_and_stands_on_its_card(corpus):
    report = read_parsed(corpus, "tokenizer/report.json")
    assert "tokenizer/report.json" in {file.path for file in read_manifest(corpus).files}
    facts = {fact["id"]: fact for fact in read_parsed(corpus, "card/card.json")["facts"]}
    web = report["subsets"]["web"]
    assert facts["tokenizer.pieces_used.subset=web"]["value"] == web["pieces_used"]
    assert (
        facts["tokenizer.byte_fallback_fraction.subset=web"]["value"]
        == web["byte_fallback_fraction"]
    )
    both = [subset["languages"]["el"] for subset in report["subsets"].values()]
    assert facts["language.byte_tokens.language=el"]["value"] == sum(
        one["byte_tokens"] for one in both
    )
    card = corpus.read("README.md").decode()
    section = card.partition("## Tokenizer")[2].partition("\n## ")[0]
    assert f"| {web['pieces_used']} | {web['pieces_used_100_times']} |" in section
    assert "| el | " in section


def test_sample_model_and_report_are_the_same_however_the_input_is_split(recipe, corpus):
    whole = Folder(str(recipe.parent / "whole"))
    build(recipe, whole.uri, overrides=("ingest.part_bytes=1000000",), progress=QUIET)
    assert len(whole.list("documents")) < len(corpus.list("documents"))
    for name in ("tokenizer.model", "facts.json", "report.json"):
        assert whole.read(f"tokenizer/{name}") == corpus.read(f"tokenizer/{name}"), name


def test_another_vocabulary_is_learned_from_the_same_sample(recipe, corpus):
    before = {name: corpus.size(name) for name in corpus.list()}
    survivors = find_survivors(corpus)
    asked = survivors.loaded.recipe.tokenizer.train
    trial = survivors.learn(asked, 8000, QUIET)
    assert trial.model == corpus.read("tokenizer/tokenizer.model")
    assert {name: corpus.size(name) for name in corpus.list()} == before
    facts = read_parsed(corpus, "tokenizer/facts.json")
    assert trial.facts["sample"] == facts["sample"]
    assert trial.facts["digest"] == facts["digest"]


def test_what_is_measured_on_was_not_learned_from(corpus):
    survivors = find_survivors(corpus)
    few = TokenizerTraining(vocabulary_size=290, sample_bytes=12_000)
    trial = survivors.learn(few, 8000, QUIET)
    total = trial.report["total"]
    # web 6,000 bytes and books 2,000 of 60 documents of about 460 bytes each, of which web gave
    # 9,000 to learn from, books 3,000: the two ends of the order do not meet.
    assert total["text_bytes"] == 8000
    assert trial.report["subsets"]["books"]["text_bytes"] == 2000
    bpe = TokenizerTraining(kind="bpe", vocabulary_size=300, sample_bytes=12_000)
    other = survivors.learn(bpe, 8000, QUIET).report["total"]
    assert (other["documents"], other["text_bytes"]) == (total["documents"], 8000)


def test_nothing_is_measured_where_every_document_was_learned_from(corpus):
    every = TokenizerTraining(vocabulary_size=290, sample_bytes=10_000_000)
    trial = find_survivors(corpus).learn(every, 8000, QUIET)
    assert trial.facts["sample_documents"] == 120
    assert trial.report["subsets"] == {}
