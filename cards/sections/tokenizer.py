"""Tokenizer: how well the vocabulary fits each subset and language."""

from haybale.cards.blocks import Block, Code, Inline, Number, Prose, Section
from haybale.cards.card import Card
from haybale.cards.sections.columns import Column, fact_table

MAX_LANGUAGES = 20
_SUBSETS = (
    Column("bytes per token", "corpus.bytes_per_token", "ratio"),
    Column("byte fallback", "tokenizer.byte_fallback_fraction", "percent"),
    Column("unknown tokens", "tokenizer.unknown_tokens"),
    Column("pieces used", "tokenizer.pieces_used"),
    Column("used 100 times", "tokenizer.pieces_used_100_times"),
    Column("never used", "tokenizer.pieces_never_used"),
)
_LANGUAGES = (
    Column("bytes per token", "language.bytes_per_token", "ratio"),
    Column("byte fallback", "language.byte_fallback_fraction", "percent"),
)


def section(card: Card) -> Section | None:
    """None where the vocabulary's use was not counted."""
    subsets = [name for (name,) in card.table("tokenizer.pieces_used", "subset")]
    if not subsets:
        return None
    rows = [(Code(name), {"subset": name}) for name in subsets]
    table = fact_table(card, "Vocabulary by subset", "subset", _SUBSETS, rows)
    return Section("tokenizer", "Tokenizer", [Prose(_vocabulary(card)), table, *_languages(card)])


def _vocabulary(card: Card) -> tuple[Inline, ...]:
    names = ("vocabulary_size", "pieces_used", "pieces_never_used", "unknown_tokens")
    size, used, never, unknown = (Number(card.facts[f"tokenizer.{name}"]) for name in names)
    return (
        "The vocabulary (",
        Code(card.value("tokenizer.kind", "")),
        ") has ",
        size,
        " pieces: ",
        used,
        " occur in the corpus and ",
        never,
        " never do. ",
        unknown,
        " tokens are unknown: they stand for text that it cannot express. Byte fallback: tokens "
        "that stand for one byte of a character without a piece; ends of lines, which no piece "
        "holds, are not among them.",
    )


def _languages(card: Card) -> list[Block]:
    names = [name for (name,) in card.table("language.bytes_per_token", "language")]
    names.sort(key=lambda name: (-card.value("language.tokens", language=name), name))
    if not names:
        return []
    shown = names[:MAX_LANGUAGES]
    rows = [(name, {"language": name}) for name in shown]
    caption = "Bytes per token by language, those with most tokens first"
    fertility = (
        "The fewer bytes a token has, the more tokens a text of that language takes: it costs more "
        "to train on, and less of it fits into a model's context. Compare languages of one script: "
        "a letter mostly has one byte in Latin script, two in Greek or Cyrillic, three in Chinese. "
        "Fertility is often counted in tokens per word instead; words are not counted here, since "
        "many scripts do not mark them."
    )
    table = fact_table(card, caption, "language", _LANGUAGES, rows)
    blocks: list[Block] = [Prose((fertility,)), table]
    rest = len(names) - len(shown)
    if rest:
        measure = Code("language.bytes_per_token")
        blocks.append(Prose((f"{rest:,} more languages are in card.json under ", measure, ".")))
    return blocks
