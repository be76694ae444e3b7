"""The search for terms against the same rules written plainly, over text of every kind."""

import os
import unicodedata
from itertools import pairwise
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from haybale.quality.sensitive.identity_terms import identity_terms
from haybale.quality.sensitive.term_pieces import PIECES_BYTES
from haybale.quality.sensitive.terms import TermMatcher

UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
JOINTS = " -'’‐‑\u00a0"


def folded(char: str) -> str:
    return char.lower() if len(char.lower()) == 1 else char  # İ has no small letter of its own


def tokens(text: str) -> list[tuple[int, int, str]]:
    """First character, the one behind the last, and the token in small letters."""
    found, start = [], None
    for at, char in enumerate([*text, "."]):
        in_token = char.isalnum() or unicodedata.category(char)[0] == "M"
        alone = in_token and unicodedata.name(char, "").startswith(UNSPACED)
        if start is not None and (alone or not in_token):
            found.append((start, at, "".join(map(folded, text[start:at]))))
            start = None
        if alone:
            found.append((at, at + 1, folded(char)))
        elif in_token and start is None:
            start = at
    return found


def phrase_of(row: list[tuple[int, int, str]]) -> tuple[str | bool, ...]:
    """Tokens, and whether something stands between each two."""
    phrase: list[str | bool] = [row[0][2]]
    for (_, stop, _), (start, _, token) in pairwise(row):
        phrase += [start > stop, token]
    return tuple(phrase)


def plainly(terms: list[str], text: str) -> list[int]:
    """Index of each term found in a text, in order."""
    numbers = {phrase_of(tokens(term)): at for at, term in reversed([*enumerate(terms)])}
    most = max(len(tokens(term)) for term in terms)
    row, found, at = tokens(text), [], 0
    while at < len(row):
        stop = at + 1
        best, behind = -1, stop
        while True:
            term = numbers.get(phrase_of(row[at:stop]), -1)
            if term >= 0:
                best, behind = term, stop
            between = text[row[stop - 1][1] : row[stop][0]] if stop < len(row) else ".."
            if stop - at == most or (between and (len(between) > 1 or between not in JOINTS)):
                break
            stop += 1
        if best >= 0:
            found.append(best)
        at = behind
    return found


def searched(terms: list[str], texts: list[str]) -> list[list[int]]:
    matcher = TermMatcher.of(terms)
    hits = matcher.find(pa.array(texts, pa.large_string()))
    found: list[list[int]] = [[] for _ in texts]
    for row, term in zip(hits.rows, hits.terms, strict=True):
        found[row].append(terms.index(matcher.terms[term]))
    return found


LISTED = (
    "he,they,the they,i,k,kelvin,don't,native american,american,is,i̇s,ß,straße,straße 9,élan,caf,"
    "café,色情,色,ก,злой,ⅷ,٣,e\u0301,abcdefgh,abcdefghi,abcdefghijklmnopq,9"
)
OTHERS = (
    "HE,The,K,\u212a,\u212aelvin,İs,is,STRAßE,STRASSE,ÉLAN,Café,CAF,ABCDEFGH,abcdefgX,\u0301,Ⅷ,😀,"
    "abcdefghijklmnopr,“,”,—,_,中,ー,\u200b,\U000e0041,\0,.,\n, , , "
)
TERMS = LISTED.split(",")
PARTS = (*TERMS, *OTHERS.split(","), *JOINTS)


@given(st.lists(st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=15), max_size=4))
def test_terms_are_found_as_their_definition_has_them(batch):
    texts = ["".join(parts) for parts in batch]
    assert searched(TERMS, texts) == [plainly(TERMS, text) for text in texts]


@pytest.mark.parametrize("filler", ["a", ".", "é", "色", "“", "a.", "a“", "é."])
@pytest.mark.parametrize(
    "text", ["he", "He said", "native American", "café", "caf“", "色情", "don’t", "i is", "k"]
)
def test_what_stands_across_pieces_of_a_long_text_is_found(filler, text):
    lengths = [(PIECES_BYTES - back) // len(filler.encode()) for back in range(-2, 18)]
    texts = [f"{filler * length}{gap}{text}" for length in lengths for gap in ("", " ")]
    texts += [f"{one} {filler * (2 * PIECES_BYTES)} {text}." for one in texts[:4]]
    assert searched(TERMS, texts) == [plainly(TERMS, one) for one in texts]


@pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text")
@pytest.mark.parametrize("folder", ["books", "github", "massiveweb", "multilingual", "wikipedia"])
def test_terms_are_found_in_real_text_as_their_definition_has_them(folder):
    terms = list(identity_terms()._matcher.terms)
    terms += ["été", "œuvre", "für", "über", "的", "一个", "は", "è", "città"]
    for path in sorted(Path(os.environ["HAYBALE_DATA"], folder).glob("*.jsonl.zst")):
        with path.open("rb") as file:
            head = zstandard.ZstdDecompressor().stream_reader(file).read(400_000)
        texts = [orjson.loads(line)["text"] for line in head.splitlines()[:-1]]
        assert searched(terms, texts) == [plainly(terms, text) for text in texts]
