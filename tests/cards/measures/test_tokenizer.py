from planted_card import inputs
from shown_sections import card_of, prose, tables

from haybale.cards.fact import derived, exact
from haybale.cards.measures import tokenizer
from haybale.cards.sections.tokenizer import section


def counted(text_bytes, tokens, byte_tokens, used, **more):
    return {
        "documents": 1,
        "text_bytes": text_bytes,
        "tokens": tokens,
        "newline_tokens": 0,
        "byte_tokens": byte_tokens,
        "unknown_tokens": 3,
        "bytes_per_token": round(text_bytes / tokens, 4),
        "byte_fallback_fraction": round(byte_tokens / tokens, 6),
        "pieces_used": used,
        "pieces_used_100_times": 10,
        **more,
    }


def language(text_bytes, tokens, byte_tokens):
    return {"text_bytes": text_bytes, "tokens": tokens, "byte_tokens": byte_tokens}


# A vocabulary of 300. French stands in both subsets: 300 + 100 bytes, 100 + 60 tokens, 8 + 2 bytes.
REPORT = {
    "total": counted(1400, 360, 10, 250),
    "subsets": {
        "books": counted(1300, 300, 8, 240, languages={"en": language(1000, 200, 0)}),
        "web": counted(100, 60, 2, 50, languages={"fr": language(100, 60, 2)}),
    },
}
REPORT["subsets"]["books"]["languages"]["fr"] = language(300, 100, 8)


def found():
    return {fact.id: fact for fact in tokenizer.facts(inputs(tokenizer_report=REPORT))}


def test_what_is_never_used_is_the_vocabulary_without_what_is():
    facts = found()
    assert facts["tokenizer.vocabulary_size"].value == 300
    assert facts["tokenizer.pieces_never_used"].value == 50  # 300 - 250
    assert facts["tokenizer.pieces_never_used.subset=web"].value == 250  # 300 - 50


def test_a_language_is_added_up_over_all_subsets():
    facts = found()
    assert facts["language.byte_tokens.language=fr"].value == 10
    assert facts["language.bytes_per_token.language=fr"].value == 2.5  # 400 / 160
    assert facts["language.byte_fallback_fraction.language=fr"].value == 0.0625  # 10 / 160
    assert facts["language.bytes_per_token.language=en"].value == 5.0  # 1000 / 200


def test_counts_are_exact_and_what_follows_is_derived():
    facts = found()
    assert facts["tokenizer.unknown_tokens.subset=web"].how == "exact"
    assert facts["tokenizer.byte_fallback_fraction.subset=web"].how == "derived"
    assert facts["tokenizer.kind"].how == "declared"


def test_every_fact_is_of_a_measure_that_is_explained():
    assert {fact.measure for fact in found().values()} <= tokenizer.MEASURES.keys()


def test_without_a_report_the_gap_is_said_and_there_is_no_section():
    facts = tokenizer.facts(inputs())
    assert [fact.id for fact in facts if fact.how == "not_measured"] == ["tokenizer.pieces_used"]
    assert section(card_of(facts)) is None


def test_the_section_tells_use_of_the_vocabulary_and_fertility_by_language():
    rate = derived("corpus.bytes_per_token", 4.3333, "bytes per token", subset="books")
    tokens = [
        exact("language.tokens", number, "tokens", "tokenize", language=name)
        for name, number in (("fr", 160), ("en", 200))
    ]
    shown = section(card_of([*found().values(), rate, *tokens]))
    assert "has 300 pieces: 250 occur in the corpus and 50 never do" in prose(shown)
    assert tables(shown) == {
        "Vocabulary by subset": [
            ("books", "4.33", "2.67 %", "3", "240", "10", "60"),  # 8 / 300
            ("web", "", "3.33 %", "3", "50", "10", "250"),  # 2 / 60
        ],
        "Bytes per token by language, those with most tokens first": [
            ("en", "5.00", "0.00 %"),
            ("fr", "2.50", "6.25 %"),
        ],
    }


def test_languages_beyond_the_table_are_counted():
    many = {f"l{number:02}": language(10, 5, 0) for number in range(23)}
    report = {**REPORT, "subsets": {"web": counted(230, 115, 0, 9, languages=many)}}
    shown = section(card_of(tokenizer.facts(inputs(tokenizer_report=report))))
    assert len(tables(shown)["Bytes per token by language, those with most tokens first"]) == 20
    assert "3 more languages are in card.json" in prose(shown)
