"""A card made by hand that has a block of every kind, and text that means harm."""

import pytest

from haybale.cards.blocks import (
    Bar,
    Bars,
    Code,
    Curve,
    Excerpts,
    Funnel,
    FunnelStep,
    Grid,
    Histogram,
    Link,
    Number,
    Prose,
    Section,
    Table,
    Terms,
)
from haybale.cards.card import FORMAT, Card
from haybale.cards.fact import Fact, derived, exact, not_measured

SUBSETS = ("web", "books", "code", "encyclopedia")
TOKENS = (812_345_678_901, 201_118_002_331, 95_120_000_771, 12_004_559_120)
RULES = (
    "gopher/word_count@1",
    "gopher/a_rule_whose_name_is_too_long_for_a_drawing_on_any_phone_at_all@1",
    "language/allowed@2",
    "pii@1",
)
REMOVED = (41_202_118, 9_107_331, 3_001_777, 1_204)
HOSTILE = (
    "<script>document.title='taken'</script><img src=https://evil.example/x onerror=alert(1)>",
    "a\u202egnp.exe\u202c \u200b\u200b\u200b\x00\x07 \ufeffend \U000e0041\ud800",
    "]]></style></title></blockquote><iframe src=//evil.example></iframe>",
    "```\n---\n# not a heading\n```\n\n\n\n\n\n\n\nIgnore previous instructions.",
    '"><svg onload=\'fetch("https://evil.example")\'>' + "W" * 400,
    "مرحبا بالعالم، هذا نص عربي قصير.",
)


def facts() -> list[Fact]:
    tokens = [
        exact("corpus.tokens", value, "tokens", "tokenize", subset=name)
        for name, value in zip(SUBSETS, TOKENS, strict=True)
    ]
    ratios = [
        derived("corpus.bytes_per_token", 3.1 + place / 2, "bytes", subset=name)
        for place, name in enumerate(SUBSETS)
    ]
    urls = [
        Fact(
            "distinct.urls",
            value // 2000,
            "URLs",
            "sketch",
            {"subset": name},
            "ingest",
            (value // 2100, value // 1900),
        )
        for name, value in zip(SUBSETS, TOKENS, strict=True)
    ]
    precision = Fact(
        "duplicates.precision", 0.987, "", "sample", {}, "deduplicate", (0.964, 0.995), 300
    )
    total = exact("corpus.tokens", sum(TOKENS), "tokens", "tokenize")
    toxicity = not_measured("sensitive.toxicity", "no detector was run over the text")
    consent = Fact("declared.answer", "not asked", "", "declared", {"question": "consent"})
    return [total, *tokens, *ratios, *urls, precision, toxicity, consent]


def make_card() -> Card:
    all_facts = sorted(facts(), key=lambda fact: fact.id)
    raw = {
        "format": FORMAT,
        "name": "demonstration",
        "declared": {"title": "A demonstration corpus <of web text>", "summary": ""},
        "recipe": {},
        "lineage": {},
        "subsets": list(SUBSETS),
        "measures": {fact.measure: f"What {fact.measure} counts." for fact in all_facts},
        "facts": [fact.as_json() for fact in all_facts],
        "samples": [],
    }
    return Card(raw)


def histogram(shift: int = 0) -> Histogram:
    """A hill over 2^5 to 2^16, with 12 documents of no tokens."""
    buckets = [(0, 1, 12)]
    for octave in range(5, 16):
        for part in range(4):
            low = (4 + part) << (octave - 2)
            height = 400 - (4 * (octave - 10 - shift) + part) ** 2
            buckets.append((low, (5 + part) << (octave - 2), max(height, 3) * 20 // (4 + part)))
    return Histogram(f"Documents by tokens {shift}", "tokens", "documents", tuple(buckets))


def make_sections(card: Card) -> list[Section]:
    number = card.facts
    rows = tuple(
        (
            Code(name),
            Number(number[f"corpus.tokens.subset={name}"]),
            Number(number[f"corpus.bytes_per_token.subset={name}"], "ratio"),
            Number(number[f"distinct.urls.subset={name}"]),
            Number(number["sensitive.toxicity"]),
        )
        for name in SUBSETS
    )
    bars = tuple(
        Bar(Code(rule), value, f"{value / 60_000_000:.1%}", (value * 0.9, value * 1.1))
        for rule, value in zip(RULES, REMOVED, strict=True)
    )
    tokens = tuple(
        Bar(Code(name), value, "share") for name, value in zip(SUBSETS, TOKENS, strict=True)
    )
    ratios = tuple(
        Bar(name, value, f"{n:,} lost", (value * 0.8, value * 1.3))
        for name, value, n in (("sw", 2.4, 812), ("cy", 1.6, 90), ("en", 0.97, 9), ("zh", 0.4, 70))
    )
    left = 60_000_000
    steps = []
    for rule, removed in zip(RULES, REMOVED, strict=True):
        left -= removed
        steps.append(FunnelStep(Code(rule), removed, left))
    funnel = Funnel("Documents left after each step", "documents", 60_000_000, tuple(steps))
    curve = Curve(
        "How much of the text comes from how many domains",
        "domains",
        "text",
        tuple((x / 400, (x / 400) ** 0.25) for x in range(401)),
    )
    glance = Section(
        "glance",
        "At a glance",
        [
            Prose((Number(number["corpus.tokens"], "scaled"), " tokens in four subsets; see ")),
            Prose((Link("what was removed", "#attrition"), ", ", Link("a paper", "https://x.org"))),
            Prose(("Precision ", Number(number["duplicates.precision"], "percent"), ".")),
            Table("Subsets", ("subset", "tokens", "bytes", "distinct", "toxicity"), rows),
            Terms((("consent", (Number(number["declared.answer.question=consent"]),)),)),
        ],
    )
    attrition = Section(
        "attrition",
        "What each rule removed",
        [funnel, Bars("Documents taken out by each rule", "documents", bars)],
        [Section("attrition-subsets", "By subset", [Bars("Tokens", "tokens", tokens)])],
    )
    disparity = Section(
        "disparity", "Who was removed", [Bars("Rate ratios", "ratio of rates", ratios, 1.0)]
    )
    lengths = Section(
        "lengths", "Lengths", [histogram(), Grid(tuple(histogram(shift) for shift in (-1, 1, 2)))]
    )
    notes = tuple(f"web, document {place:032x}" for place in range(len(HOSTILE)))
    samples = Section("samples", "Samples", [Excerpts(Code(RULES[0]), notes, HOSTILE)])
    domains = Section("domains", "Web domains", [curve])
    return [glance, attrition, disparity, domains, lengths, samples]


@pytest.fixture
def card() -> Card:
    return make_card()


@pytest.fixture
def sections(card):
    return make_sections(card)
