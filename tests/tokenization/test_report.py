import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.report import Encoded, tokenizer_report
from haybale.tokenization.tally import PieceKinds, Tally
from haybale.tokenization.tokenizer import Tokens
from haybale.tokenization.train import TokenizerTraining, train


class Spelled:
    """A tokenizer of 12 ids: unknown 0, EOS 2, byte pieces for LF, CR, 0xE4 at 3, 4, 5."""

    digest, vocabulary_size, unk_id, eos_id, bos_id, kind = "ab", 12, 0, 2, 1, "spelled"
    byte_ids, encoded_by = np.array([3, 4, 5]), "hand"

    def piece(self, number):
        return {3: "<0x0A>", 4: "<0x0D>", 5: "<0xE4>"}.get(number, f"piece{number}")


def tokens(*documents):
    lengths = [len(document) for document in documents]
    ids = np.array([number for document in documents for number in document], np.uint16)
    return Tokens(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), ids)


def strings(*values):
    return pa.array(values, pa.large_string())


def test_counts_are_worked_out_by_hand():
    tally = Tally(PieceKinds(Spelled()))
    num_bytes = tally.add(
        tokens([7, 7, 3, 5, 5, 2], [8, 4, 3, 2], [0, 5, 2]),
        strings("abcdef", "x\r\n", "\u4e2d"),
        pa.array(["en", None, "en"], pa.string()),
    )
    assert num_bytes == 12
    assert tally.languages == {
        # documents, bytes, tokens, of these newlines, other bytes, unknown
        "en": Encoded(2, 9, 9, 1, 3, 1),
        "": Encoded(1, 3, 4, 2, 0, 0),
    }
    #                            0  1  2  3  4  5  6  7  8  9 10 11
    assert tally.pieces.tolist() == [1, 0, 3, 2, 1, 3, 0, 2, 1, 0, 0, 0]


def test_a_report_adds_up_languages_and_subsets():
    pieces = {"web": np.array([0, 99, 100] + [0] * 9), "code": np.array([0, 1, 0, 5] + [0] * 8)}
    languages = {
        "web": {"en": Encoded(2, 90, 30, 0, 3, 0), "": Encoded(1, 10, 10, 1, 2, 1)},
        "code": {"": Encoded(1, 50, 25, 5, 0, 0)},
    }
    report = tokenizer_report(Spelled(), languages, pieces)
    assert list(report["subsets"]) == ["code", "web"]
    web = report["subsets"]["web"]
    assert (web["documents"], web["text_bytes"], web["tokens"]) == (3, 100, 40)
    assert (web["bytes_per_token"], web["byte_fallback_fraction"]) == (2.5, 0.125)  # 5 of 40
    assert (web["pieces_used"], web["pieces_used_100_times"]) == (2, 1)
    assert list(web["languages"]) == ["unknown", "en"]
    assert web["languages"]["en"]["bytes_per_token"] == 3.0
    total = report["total"]
    assert (total["documents"], total["tokens"], total["unknown_tokens"]) == (4, 65, 1)
    # The second piece is used 99 times in one subset and once in the other.
    assert (total["pieces_used"], total["pieces_used_100_times"]) == (3, 2)


def test_a_language_named_unknown_is_added_to_those_not_known():
    languages = {"web": {"": Encoded(1, 2, 3), "unknown": Encoded(10, 20, 30)}}
    report = tokenizer_report(Spelled(), languages, {"web": np.zeros(12, np.int64)})
    assert report["subsets"]["web"]["languages"]["unknown"]["text_bytes"] == 22


@pytest.fixture(scope="module")
def trained():
    words = ["hay", "bale", "barn", "farm", "field", "straw", "\u00e4hre"]
    texts = [" ".join(words[at % 7 :] + words[: at % 5]) for at in range(200)]
    return SentencePieceTokenizer(train(texts, TokenizerTraining(vocabulary_size=280)))


DOCUMENTS = st.lists(
    st.tuples(st.text("hay bale\n\r\u00e4\u4e2d\U0001f33e", max_size=12), st.sampled_from("abc"))
)


@settings(deadline=None)
@given(documents=DOCUMENTS, edge=st.integers(0, 20))
def test_batches_add_up_to_the_whole_and_agree_with_sentencepiece(trained, documents, edge):
    def tallied(*batches):
        tally = Tally(PieceKinds(trained))
        for batch in batches:
            texts = strings(*(text for text, _ in batch))
            languages = pa.array([language for _, language in batch], pa.string())
            tally.add(trained.encode(texts), texts, languages)
        return tally

    whole, parts = tallied(documents), tallied(documents[edge:], documents[:edge])
    assert whole.languages == parts.languages
    assert whole.pieces.tolist() == parts.pieces.tolist()
    total = sum(whole.languages.values(), Encoded())
    ids = trained.encode(strings(*(text for text, _ in documents))).ids.tolist()
    pieces = [trained.piece(number) for number in ids]
    ends = sum(piece in ("<0x0A>", "<0x0D>") for piece in pieces)
    assert total.tokens == len(ids)
    assert (
        total.newline_tokens
        == ends
        == sum(text.count("\n") for text, _ in documents)
        + sum(text.count("\r") for text, _ in documents)
    )
    assert total.byte_tokens == sum(piece.startswith("<0x") for piece in pieces) - ends
    assert total.unknown_tokens == 0
