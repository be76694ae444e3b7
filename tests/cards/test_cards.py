import json
import math
import random
import re

import pytest
import yaml

from haybale.cards.attrition import disparity_facts, rate_ratio
from haybale.cards.facts import NOT_MEASURED, CardDeclaration, CardInputs, build_facts
from haybale.cards.layout import escape, fenced
from haybale.cards.markdown import render
from haybale.cards.write import card_files, write_card
from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder

# A planted corpus: web reads 100, drops 30 (20 by word count, 10 by lines; 25 would fail word
# count), loses 5 unreadable; 65 kept, 15 removed, 50 left with 500 tokens of 2,000 bytes.
ENTRIES = [
    ("ingest", "read", Amount(100, 9500), "en", ""),
    ("ingest", "kept", Amount(65, 2600), "en", ""),
    ("ingest", "dropped", Amount(20, 6000), "en", "gopher/word_count@1"),
    ("ingest", "dropped", Amount(10, 900), "en", "gopher/duplicate_line_fraction@1"),
    ("ingest", "hit", Amount(25, 6300), "en", "gopher/word_count@1"),
    ("ingest", "hit", Amount(10, 900), "en", "gopher/duplicate_line_fraction@1"),
    ("ingest", "unreadable", Amount(5, 77), "", "not_json"),
    ("deduplicate", "kept", Amount(50, 2000), "en", ""),
    ("deduplicate", "removed", Amount(15, 600), "en", "exact/text@1"),
    ("tokenize", "kept", Amount(50, 2000, 500), "en", ""),
]


def ledger_of(entries):
    ledger = Ledger()
    for stage, outcome, amount, language, rule in entries:
        ledger.add(stage, "web", outcome, amount, language=language, rule=rule)
    return ledger


def inputs(entries=(), **changes):
    values = {
        "name": "planted",
        "recipe": {"name": "planted", "dedup": {}},
        "ledger": ledger_of([*ENTRIES, *entries]),
        "totals": {
            "train": {"web": {"documents": 45, "text_bytes": 1800, "tokens": 450, "shards": 1}},
            "validation": {"web": {"documents": 5, "text_bytes": 200, "tokens": 50, "shards": 1}},
        },
        "weights": {"web": 1.0},
        "tokens": TokenFormat("ab", 300, 1, 2, 0),
        "tokenizer_kind": "unigram",
        "lineage": {
            "inputs": {"web": [{"name": "a.jsonl", "bytes": 12345, "digest": "cd"}]},
            "versions": {"haybale": "0"},
        },
        "clusters": {2: 9, 4: 2},
        "pairs": {"candidate_pairs": 40, "verified_pairs": 12, "limited_buckets": 0},
        "samples": [],
        "declared": CardDeclaration(),
    }
    return CardInputs(**{**values, **changes})


def facts_of(card):
    return {fact["id"]: fact for fact in card["facts"]}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("total.train.documents", 45),
        ("total.validation.tokens", 50),
        ("ingest.web.read.documents", 100),
        ("attrition.web.dropped.gopher/word_count@1.documents", 20),
        ("attrition.web.hit.gopher/word_count@1.documents", 25),
        ("attrition.web.removed.exact/text@1.text_bytes", 600),
        ("unreadable.web.not_json.records", 5),
        ("duplicates.documents", 15),
        ("duplicates.clusters", 11),
        ("duplicates.cluster_size.2", 9),
        ("duplicates.cluster_size.3-4", 2),
        ("duplicates.cluster_size.100+", 0),
        ("language.en.tokens", 500),
        ("tokenizer.web.bytes_per_token", 4.0),  # 2,000 bytes, 500 tokens
        ("mixture.web.epochs", 1.0),
        ("training.parameters.one_epoch", 22),  # 450 tokens / 20 = 22.5, to even
        ("training.parameters.four_epochs", 90),
    ],
)
def test_the_card_states_what_was_planted(fact, value):
    assert facts_of(build_facts(inputs()))[fact]["value"] == value


def test_every_number_says_how_it_is_known_and_every_gap_why():
    for fact in build_facts(inputs())["facts"]:
        if fact["how"] == "not_measured":
            assert fact["value"] is None
            assert fact["why_missing"]
        else:
            assert fact["value"] is not None
            assert fact["how"] in {"exact", "derived", "declared"}
        assert fact["by"].startswith("haybale ")


def test_a_ledger_that_does_not_add_up_gives_no_card():
    with pytest.raises(HaybaleError, match="101 documents read, but 100"):
        build_facts(inputs([("ingest", "read", Amount(1), "en", "")]))


def test_the_bytes_do_not_depend_on_the_order_of_the_ledger():
    shuffled = random.Random(0).sample(ENTRIES, len(ENTRIES))
    one, two = (card_files(inputs(ledger=ledger_of(each))) for each in (ENTRIES, shuffled))
    assert one == two


def test_a_card_is_made_again_from_its_inputs():
    made = inputs()
    again = CardInputs.from_json(json.loads(canonical_json(made.as_json())))
    assert card_files(again) == card_files(made)


def test_write_card_commits_facts_page_and_inputs(tmp_path):
    folder = Folder(str(tmp_path))
    paths = [record.path for record in write_card(folder, inputs())]
    assert (
        sorted(paths) == folder.list() == ["card/README.md", "card/card.json", "card/inputs.json"]
    )


def front_matter(page):
    _, head, _ = page.split("---\n", 2)
    return yaml.safe_load(head)


def test_the_front_matter_is_what_the_hub_reads():
    declared = CardDeclaration(title='Hay: "bales"', license="cc-by-4.0")
    head = front_matter(render(build_facts(inputs(declared=declared))))
    assert head["pretty_name"] == 'Hay: "bales"'
    assert head["license"] == "cc-by-4.0"
    assert head["size_categories"] == ["n<1K"]
    assert head["language"] == ["en"]
    files = head["configs"][0]["data_files"]
    assert files[0] == {"split": "train", "path": "shards/train/web/*.arrow"}


def test_every_number_of_the_page_is_one_of_the_facts_or_a_share_of_two():
    card = build_facts(inputs())
    page = render(card).split("---\n", 2)[2]
    known = {f"{fact['value']:,}" for fact in card["facts"] if isinstance(fact["value"], int)}
    # What is no fact: counts of facts, files and bytes of input, sums over both splits, words.
    known |= {"12,345", "50", "500", "2,000"}
    tables = [line for line in page.split("\n") if line.startswith("|") and "---" not in line]
    for line in tables:
        for number in re.findall(
            r"(?<![\w.@-])\d[\d,]*(?![\w.@%])(?! %)", re.sub("`.*?`", "", line)
        ):
            assert number in known or "+" in line or "-" in line, (number, line)


def test_what_is_not_known_is_said_and_no_promise_is_made():
    page = render(build_facts(inputs()))
    for gap in NOT_MEASURED:
        assert f"`{gap}`" in page
    for promise in ("clean", "safe", "representative", "PII-free"):
        assert not re.search(rf"\b{promise}\b", page, re.IGNORECASE)


HOSTILE = "<script>alert(1)</script>\n```\n---\n| a |\n\u202egnp.exe\0 " + "x" * 1_000_000


def test_hostile_samples_stay_inert():
    sample = {"rule": "r@1", "subset": "web", "doc_id": "00", "value": 1.0, "excerpt": HOSTILE}
    declared = CardDeclaration(publish_samples=True)
    page = render(build_facts(inputs(samples=[sample], declared=declared)))
    block = page.split("````text\n", 1)[1].split("\n````", 1)[0]
    assert "```" in block  # the fence is longer than any inside
    assert "\u202e" not in page
    assert "\0" not in page
    assert "<U+202E>" in block
    assert front_matter(page)["pretty_name"] == "planted"


def test_samples_are_kept_back_unless_asked_for():
    sample = {"rule": "r@1", "subset": "web", "doc_id": "00", "value": 1.0, "excerpt": "secret"}
    files = card_files(inputs(samples=[sample]))
    assert b"secret" not in files["card/README.md"]
    assert b"secret" not in files["card/card.json"]


def test_declared_text_is_no_markup():
    assert escape("a*b <i>c</i>\n# d") == "a\\*b &lt;i\\>c&lt;/i\\> \\# d"
    assert fenced("plain") == "```text\nplain\n```"


def test_a_license_the_hub_does_not_know_is_refused():
    with pytest.raises(RecipeError, match="use 'other'"):
        CardDeclaration(license="my own")


def test_a_rate_ratio_has_the_interval_of_its_logarithm():
    # 30 of 100 against 60 of 400: ratio 2; variance 1/30 - 1/100 + 1/60 - 1/400 = 0.0375.
    ratio, low, high = rate_ratio(30, 100, 60, 400)
    assert ratio == pytest.approx(2.0)
    assert low == pytest.approx(2 / math.exp(1.959964 * math.sqrt(0.0375)))
    assert high == pytest.approx(2 * math.exp(1.959964 * math.sqrt(0.0375)))


def test_ratios_on_small_cells_are_not_printed():
    def ledger(dropped):
        out = Ledger()
        for language, gone in (("en", 40), ("de", dropped)):
            out.add("ingest", "web", "kept", Amount(100), language=language)
            out.add("ingest", "web", "dropped", Amount(gone), language=language, rule="r@1")
        return out

    assert disparity_facts(ledger(29)) == []
    assert [fact.id for fact in disparity_facts(ledger(30))] == [
        "disparity.language.de.dropped",
        "disparity.language.en.dropped",
    ]


def test_an_estimate_is_said_to_be_one():
    assert "when their texts were compared" in render(build_facts(inputs()))
    estimated = build_facts(inputs(similarity_error=0.0354))
    assert facts_of(estimated)["duplicates.similarity_standard_error"]["value"] == 0.0354
    text = render(estimated)
    assert "by an estimate from their signatures, of a standard error of 0.035" in text


def test_contamination_is_counted_or_said_not_to_be_measured():
    facts = facts_of(build_facts(inputs()))
    assert facts["contamination.benchmarks"]["how"] == "not_measured"
    counts = {
        "items": 100,
        "items_not_searched": 3,
        "items_found": 7,
        "items_contaminated": 5,
        "documents_contaminated": 11,
    }
    card = build_facts(inputs(contamination={"quiz": counts}))
    facts = facts_of(card)
    assert "contamination.benchmarks" not in facts
    assert facts["contamination.quiz.documents_contaminated"]["value"] == 11
    assert "| `quiz` | 100 | 3 | 7 | 5 | 11 |" in render(card)
