import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.sentences import MAX_SENTENCE_BYTES, Witness, cut_sentences
from haybale.tokenization.train import TokenizerTraining, train

WORDS = [f"{a}{b}{c}" for a in "bcdfg" for b in "aeiou" for c in ("n", "st", "rk 12")]


def lines(seed=0, count=400):
    rng = random.Random(seed)
    return [" ".join(rng.choices([*WORDS, "\t", "  "], k=9)) for _ in range(count)]


def model_of(texts, **asked):
    return train(texts, TokenizerTraining(**{"vocabulary_size": 400, **asked}))


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def tokenizer(request):
    return SentencePieceTokenizer(model_of(lines(), kind=request.param))


ANYTHING = st.text(st.characters(exclude_characters="\u2581", exclude_categories=["Cs"]))
AWKWARD = st.lists(
    st.sampled_from(
        [
            *("\t", "\r\n", "\r", "\n", "\n\n", " ", "   ", "\v", "\f", "\0", "\x1f", "\x7f"),
            *("\u00a0", "\u200b", "\u2028", "\ufeff", "\ufffd", "\u2585", "\U0010ffff", "e\u0301"),
            *("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1eb\U0001f1f7", "<s>", "</s>"),
            *("<unk>", "<0x41>", "ban", "fork 12", "BAN", "\u0130", "\ufb01", "\u4e2d\u6587"),
        ]
    ),
    max_size=40,
).map("".join)


@settings(deadline=None)
@given(text=st.one_of(ANYTHING, AWKWARD))
def test_decoding_gives_the_text_back(tokenizer, text):
    import pyarrow as pa

    ids = tokenizer.encode(pa.array([text], pa.large_string())).ids
    assert tokenizer.decode(ids) == text


def test_the_escape_for_a_space_comes_back_as_a_space(tokenizer):
    import pyarrow as pa

    ids = tokenizer.encode(pa.array(["ban\u2581 fork"], pa.large_string())).ids
    assert tokenizer.decode(ids) == "ban  fork"


def test_digits_stand_alone(tokenizer):
    pieces = [tokenizer.piece(number) for number in range(tokenizer.vocabulary_size)]
    learned = [piece for piece in pieces if not re.fullmatch("<0x..>", piece)]
    assert {piece for piece in learned if re.search("[0-9]", piece)} == {"1", "2"}


def test_white_space_alone_may_be_a_piece(tokenizer):
    pieces = [tokenizer.piece(number) for number in range(tokenizer.vocabulary_size)]
    assert any(re.fullmatch("\u2581\u2581+", piece) for piece in pieces)


_TRAIN = """
import random, sys
from haybale.tokenization.train import TokenizerTraining, train
words = [f"{a}{b}{c}" for a in "bcdfg" for b in "aeiou" for c in ("n", "st", "rk 12")]
rng = random.Random(0)
texts = [" ".join(rng.choices(words, k=9)) for _ in range(300)]
model = train(texts, TokenizerTraining(kind=sys.argv[1], vocabulary_size=400))
sys.stdout.buffer.write(model)
"""


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_two_processes_learn_the_same_bytes_and_leave_no_trace_in_them(kind, tmp_path):
    models = []
    for name, threads in (("here", "1"), ("there", "16")):
        folder = tmp_path / name
        folder.mkdir()
        counts = {f"{who}_NUM_THREADS": threads for who in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        changed = {**os.environ, **counts, "PYTHONHASHSEED": threads, "HOME": str(folder)}
        done = subprocess.run(
            [sys.executable, "-c", _TRAIN, kind],
            cwd=folder,
            env=changed,
            capture_output=True,
            check=True,
        )
        models.append(done.stdout)
    assert models[0] == models[1]
    strings = set(_strings(models[0]))
    # Names of the four special pieces, what an unknown piece is shown as, and the normalisation.
    known = {b"<unk>", b"<s>", b"</s>", b"<pad>", " \u2047 ".encode(), b"identity", b""}
    assert b"identity" in strings <= known


def _strings(model):
    """Strings of `trainer_spec` (field 2) and `normalizer_spec` (3), as Protocol Buffers write."""
    for number, value in _fields(model):
        if number in (2, 3):
            yield from (inner for _, inner in _fields(value) if isinstance(inner, bytes))


def _fields(data):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        key = varint()
        size = {0: 0, 1: 8, 5: 4}.get(key & 7)
        if key & 7 == 2:
            size = varint()
        elif size == 0:
            yield key >> 3, varint()
            continue
        yield key >> 3, bytes(data[at : at + size])
        at += size


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_the_witness_changes_nothing(kind, monkeypatch):
    """The model is the one that SentencePiece gives without anyone looking."""
    import sentencepiece

    watched, learn = model_of(lines(), kind=kind), sentencepiece.SentencePieceTrainer.train

    def unwatched(*, pretokenizer, sentence_iterator, **asked):
        sentences = list(sentence_iterator)
        for sentence in sentences:
            pretokenizer(sentence)
        learn(sentence_iterator=iter(sentences), **asked)

    monkeypatch.setattr(sentencepiece.SentencePieceTrainer, "train", unwatched)
    assert model_of(lines(), kind=kind) == watched


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize(
    "bad", ["x" * (MAX_SENTENCE_BYTES + 1), "a\u2585b", "carriage\r", "", "a</s>b"]
)
def test_a_sentence_that_sentencepiece_skips_or_shortens_is_an_error(kind, bad, monkeypatch):
    """Every way in which 0.2.3 leaves text out, were it not cut there before."""
    monkeypatch.setattr(
        "haybale.tokenization.train.cut_sentences", lambda texts: iter([*texts, bad])
    )
    with pytest.raises(HaybaleError, match="it was given 401 of"):
        model_of(lines(), kind=kind)


@settings(deadline=None)
@given(texts=st.lists(st.one_of(ANYTHING, AWKWARD), max_size=5))
def test_sentences_are_cut_so_that_none_is_skipped_and_no_text_is_lost(texts):
    sentences = list(cut_sentences(texts))
    lost = "[\n\r\0\x1f\u2581\u2585]|<unk>|<s>|</s>|<0x[0-9A-F]{2}>"
    assert "".join(sentences) == "".join(re.sub(lost, "", text) for text in texts) or any(
        re.search(lost, re.sub(lost, "", text)) for text in texts
    )
    for sentence in sentences:
        assert sentence
        assert not re.search(lost, sentence)
        assert len(sentence.encode()) <= MAX_SENTENCE_BYTES


@pytest.mark.parametrize("normalization", ["identity", "nfkc"])
def test_awkward_texts_are_learned_from_to_the_last_sentence(normalization):
    awkward = [
        "a\r\nb\r\r\n",
        "\u2585\u2581",
        "<s>x</s>",
        "\x1f",
        "\t\t",
        "\ufb01\u200b",
        "z " * 9000,
    ]
    tokenizer = SentencePieceTokenizer(
        model_of([*lines(), *awkward, "x" * 9000], normalization=normalization)
    )
    assert tokenizer.vocabulary_size == 400
    pieces = {tokenizer.piece(number) for number in range(400)}
    # The last text alone has an x but for "<s>x</s>", and it has thousands side by side.
    assert any(re.fullmatch("xx+", piece) for piece in pieces)


def test_long_lines_are_cut_between_words():
    line = "word " * 2000  # 10,000 bytes
    pieces = list(cut_sentences([line]))
    assert "".join(pieces) == line
    # A space stands at 4,189 = 5 * 838 - 1, the last at or before byte 4,192; then the line begins
    # anew with " word".
    assert [len(piece) for piece in pieces] == [4189, 4190, 1621]
    assert all(piece.startswith(" word") for piece in pieces[1:])


def test_cutting_never_splits_a_character():
    pieces = list(cut_sentences(["a" + "\u00e9" * 4000]))
    assert "".join(pieces) == "a" + "\u00e9" * 4000
    # 1 + 2 * 2095 = 4,191 bytes fit, one more character would be 4,193.
    assert [len(piece.encode()) for piece in pieces] == [4191, 3810]


def test_a_witness_tells_skipped_from_shortened():
    witness = Witness()
    assert witness("abc") == ["abc"]
    witness.check(["abc"], normalized=False)
    witness.check(["other"], normalized=True)
    with pytest.raises(HaybaleError, match="1 sentences of 3 characters, it was given 1 of 5"):
        witness.check(["other"], normalized=False)
    with pytest.raises(HaybaleError, match="it was given 2 of 6"):
        witness.check(["abc", "def"], normalized=True)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize(
    ("texts", "vocabulary_size", "message"),
    [
        ([], 400, "no text to learn from"),
        (["", "\n\r\0", "\u2585<s>"], 400, "no text to learn from"),
        (["tiny tiny"], 32_000, r"sample of 9 bytes supports \d+ pieces at most; ask for fewer"),
        # 256 ideographs, 256 bytes and 3 special pieces.
        (["".join(map(chr, range(0x4E00, 0x4F00)))], 300, "needs 515 pieces for its characters"),
    ],
)
def test_a_sample_that_cannot_give_the_vocabulary_is_one_clear_line(
    kind, texts, vocabulary_size, message
):
    with pytest.raises(RecipeError, match=message) as raised:
        model_of(texts, kind=kind, vocabulary_size=vocabulary_size)
    assert "\n" not in str(raised.value)
    assert ".cc" not in str(raised.value)


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_a_share_of_languages_that_caps_nothing_or_all_is_refused(share):
    with pytest.raises(RecipeError, match="max_language_fraction: expected a number in"):
        TokenizerTraining(max_language_fraction=share)


@pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text")
def test_real_text_is_learned_from_whole_and_comes_back():
    import orjson
    import pyarrow as pa
    import zstandard

    documents = []
    for path in sorted(Path(os.environ["HAYBALE_DATA"]).glob("*/*-00000.jsonl.zst")):
        with path.open("rb") as file:
            records = zstandard.ZstdDecompressor().stream_reader(file).read().split(b"\n")
        documents += [orjson.loads(line)["text"][:50_000] for line in records[:15] if line]
    tokenizer = SentencePieceTokenizer(model_of(documents, kind="bpe", vocabulary_size=8000))
    tokens = tokenizer.encode(pa.array(documents, pa.large_string()))
    for row, document in enumerate(documents):
        ids = tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]]
        assert tokenizer.decode(ids) == document.replace("\u2581", " ")
