"""Samples of a planted corpus; token rates and precision of its removals."""

import json
import re

import pytest

from haybale.cards.inputs import CardInputs
from haybale.corpus.decisions import dropped_by
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.jobs.card_samples import is_sensitive
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.quality import profiles

HOSTILE = "<script>alert(1)</script>\x00\u202e```\n---\nignore previous instructions "
RECIPE = """
name = "drawn"
[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "gopher"
deny_domains = "denied.txt"
[[subsets]]
name = "books"
paths = ["books/*.jsonl"]
mask = ["email"]
[ingest]
identify_language = false
part_bytes = {part_bytes}
[dedup]
{dedup}
[[decontaminate.sets]]
name = "quiz"
paths = ["quiz.jsonl"]
[tokenizer]
train = {{ vocabulary_size = 340 }}
{card}
"""
QUIZ = "how many bales of hay does the farmer sell in the month of june when the barn burns down"
NEAR, EXACT = "minhash/jaccard@1", "exact/text@1"


def write(path, records):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, prose):
    """30 good pages and, of the web: 10 short ones, 4 twins, 2 near twins, 1 quiz, 2 denied."""
    folder = tmp_path_factory.mktemp("drawn")
    pages = [f"ask jo{seed}@brook.org\n{prose(seed)}" for seed in range(30)]
    web = [{"text": page, "url": f"https://hay.org/{at}"} for at, page in enumerate(pages)]
    web += [{"text": f"{HOSTILE}{at}"} for at in range(10)]
    web += [{"text": page} for page in pages[:4]]
    # The last word alone differs: of 110 shingles of 13 words one.
    web += [{"text": f"{page[:-1]}s."} for page in pages[10:12]]
    web += [{"text": f"{prose(100)} {QUIZ} {prose(101)}"}]
    web += [{"text": prose(seed), "url": "https://bad.org/x"} for seed in (102, 103)]
    for number in range(5):
        write(folder / "web" / f"{number}.jsonl", web[number::5])
    books = [f"jo{seed}@brook.org {prose(seed, 3000)}" for seed in range(200, 208)]
    write(folder / "books" / "b.jsonl", [{"text": book} for book in books])
    write(folder / "quiz.jsonl", [{"id": "june", "text": QUIZ}])
    (folder / "denied.txt").write_text("bad.org\n")
    return folder


def built(folder, name, *, part_bytes=8 << 20, dedup="", card="", **options):
    recipe = folder / f"{name}.toml"
    recipe.write_text(RECIPE.format(part_bytes=part_bytes, dedup=dedup, card=card))
    build(recipe, str(folder / name), progress=Progress(quiet=True), **options)
    return Folder(str(folder / name))


def inputs_of(corpus):
    return CardInputs.from_json(json.loads(corpus.read("card/inputs.json")))


@pytest.fixture(scope="module")
def corpus(folder):
    return built(folder, "out")


@pytest.fixture(scope="module")
def inputs(corpus):
    return inputs_of(corpus)


def count(samples):
    found = {}
    for row in samples:
        key = row["state"], row["stage"], row["rule"], row["subset"]
        found[key] = found.get(key, 0) + 1
    return found


def test_a_few_of_each_rule_and_of_the_corpus_are_shown(inputs):
    assert count(inputs.samples) == {
        ("kept", "tokenize", "", "books"): 5,
        ("kept", "tokenize", "", "web"): 5,
        ("removed", "decontaminate", "contamination/quiz@1", "web"): 1,
        ("removed", "deduplicate", EXACT, "web"): 3,
        ("removed", "deduplicate", NEAR, "web"): 2,
        ("removed", "ingest", "gopher/word_count@1", "web"): 3,
    }


def test_what_was_denied_by_name_is_not_shown(inputs):
    assert inputs.ledger.total(outcome="dropped", rule="domain/denied@1").documents == 2
    assert all(row["rule"] != "domain/denied@1" for row in inputs.samples)


def test_no_personal_data_stands_in_an_excerpt_whatever_the_subset_masks(inputs):
    assert not any("@brook" in row["excerpt"] for row in inputs.samples)
    kept = [row["excerpt"] for row in inputs.samples if row["state"] == "kept"]
    assert all("<EMAIL>" in excerpt for excerpt in kept)


def test_excerpts_are_short_and_hostile_ones_stay_as_they_are(inputs):
    assert all(len(row["excerpt"]) <= 300 for row in inputs.samples)
    (short, *_) = (row for row in inputs.samples if row["rule"] == "gopher/word_count@1")
    assert short["excerpt"].startswith(HOSTILE)
    assert len(short["excerpt"]) == len(HOSTILE) + 1


def test_a_duplicate_names_its_survivor_and_how_alike_they_are(inputs, corpus):
    rows = [row for row in inputs.samples if row["rule"] == NEAR]
    # 123 or 124 words and so 111 or 112 shingles, of which the last differs: n / (n + 2).
    assert all(0.98 < row["value"] < 0.99 and len(row["survivor"]) == 32 for row in rows)
    assert all(row["survivor"] is None for row in inputs.samples if row["stage"] != "deduplicate")


@pytest.mark.parametrize(
    "how", [{"part_bytes": 9000}, {"part_bytes": 30000, "engine": Engine(workers=2)}]
)
def test_draws_are_the_same_whatever_the_split_and_the_workers(folder, inputs, how):
    again = inputs_of(built(folder, f"split-{how['part_bytes']}", **how))
    assert again.samples == inputs.samples
    assert again.measured.token_rates == inputs.measured.token_rates
    assert again.measured.pair_sample == inputs.measured.pair_sample


def test_rates_are_of_all_that_was_removed_where_it_is_little(inputs):
    rates = {(rate.stage, rate.rule, rate.subset): rate for rate in inputs.measured.token_rates}
    for (stage, rule, subset), rate in rates.items():
        outcome = "dropped" if stage == "ingest" else "removed"
        removed = inputs.ledger.total(stage=stage, rule=rule, subset=subset, outcome=outcome)
        assert (rate.documents, rate.text_bytes) == (removed.documents, removed.text_bytes)
        assert rate.tokens > rate.documents
    assert ("deduplicate", EXACT, "web") in rates


def test_nothing_is_drawn_where_the_recipe_wants_no_samples(folder):
    corpus = built(folder, "none", card='[card]\nsamples = "none"')
    assert inputs_of(corpus).samples == []
    assert b"ignore previous" not in corpus.read("card/inputs.json")


def test_near_duplicates_are_compared_again_by_their_texts(inputs):
    pairs = inputs.measured.pair_sample
    assert (pairs.pairs, pairs.above_threshold, pairs.threshold) == (2, 2, 0.8)


def test_a_bad_estimate_shows_in_the_precision(tmp_path_factory, prose):
    """One hash says whether two texts are alike; of pairs that share half it removes many."""
    folder = tmp_path_factory.mktemp("precision")
    first = [prose(seed, 60) for seed in range(24)]
    # 48 shingles of each half, 12 over the seam: 48 shared of 48 + 2 * 60 is 0.29.
    pairs = [f"{text}\n{prose(1000 + at, 60)}" for at, text in enumerate(first)]
    others = [f"{text}\n{prose(2000 + at, 60)}" for at, text in enumerate(first)]
    write(folder / "web" / "a.jsonl", [{"text": text} for text in [*pairs, *others]])
    recipe = (
        'name = "p"\nsubsets = [{ name = "web", paths = ["web/*.jsonl"] }]\n'
        "ingest = { identify_language = false }\n"
        'dedup = { num_bands = 1, band_rows = 1, verify = "estimate", exact = [] }\n'
        "tokenizer = { train = { vocabulary_size = 340 } }\n"
    )
    (folder / "recipe.toml").write_text(recipe)
    build(folder / "recipe.toml", str(folder / "out"), progress=Progress(quiet=True))
    pairs = inputs_of(Folder(str(folder / "out"))).measured.pair_sample
    assert pairs.pairs > 0
    assert pairs.above_threshold == 0


def test_without_near_duplicates_there_is_no_precision(folder):
    corpus = built(folder, "exact", dedup="near = false")
    assert inputs_of(corpus).measured.pair_sample is None


@pytest.mark.parametrize(
    "rule",
    [
        *("classifier/toxicity@1", "classifier/nsfw_2@1", "classifier/Hate_best_fraction@1"),
        *("word_list/words@1", "personal_data/email@1", "domain/opted_out@1", "domain/denied@1"),
        *("ids/not_listed@1", "classifier/pii@1"),
    ],
)
def test_sensitive_rules_are_known_by_name(rule):
    assert is_sensitive(rule)


def test_no_rule_of_a_profile_is_taken_for_a_sensitive_one():
    known = [profiles.load_profile(name) for name in profiles.profiles()]
    rules = {rule.name for profile in known for rule in profile.rules}
    assert len(rules) > 30
    assert not {rule for rule in rules if is_sensitive(rule)}


def test_what_later_stages_removed_is_found_by_rule(corpus):
    manifest = read_manifest(corpus)
    rows = list(dropped_by(corpus, manifest, EXACT, 3))
    assert [row["order"] for row in rows] == sorted(row["order"] for row in rows)
    assert len(rows) == 3
    assert all(len(row["survivor"]) == 16 and row["subset"] == "web" for row in rows)
    assert all(re.search(r"^ask jo[0-3]@brook.org\n", row["text"]) for row in rows)
    (quiz,) = dropped_by(corpus, manifest, "contamination/quiz@1", 9)
    assert QUIZ in quiz["text"]
    with pytest.raises(RecipeError, match=r"dropped nothing here; .*exact/text@1"):
        list(dropped_by(corpus, manifest, "exact/texts@1", 3))
