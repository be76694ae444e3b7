"""The sentences that a vocabulary is learned from, and proof that each of them was.

SentencePiece 0.2.3 leaves text out without an error (`trainer_interface.cc`, `LoadSentences`):
sentences longer than `max_sentence_length`, sentences with U+2585, which it keeps for unknown
characters, and the carriage return at a sentence's end. Names of control pieces become U+001F,
which no piece may hold. Texts are therefore cut at all of these, and what the trainer has at the
end is counted.
"""

import re
import threading
from collections.abc import Iterable, Iterator

from haybale.corpus.errors import HaybaleError

MAX_SENTENCE_BYTES = 4192
"""SentencePiece's default limit; longer lines are cut."""

_BETWEEN = re.compile(
    "[\n\r"  # left to the byte pieces: no piece crosses the end of a line
    "\0"  # pieces end at it in the trainer's trie
    "\x1f\u2581\u2585]"  # kept for boundaries, spaces and unknown characters
    "|<unk>|<s>|</s>|<0x[0-9A-F]{2}>"  # names of control and byte pieces
)


def cut_sentences(texts: Iterable[str]) -> Iterator[str]:
    """Lines of the texts, in pieces that SentencePiece takes whole; empty ones left out.

    A longer line is cut before its last space that fits, so that few words are torn.
    """
    for text in texts:
        for line in _BETWEEN.split(text):
            yield from _pieces(line)


def _pieces(line: str) -> Iterator[str]:
    encoded = line.encode("utf-8")
    start = 0
    while len(encoded) - start > MAX_SENTENCE_BYTES:
        end = start + MAX_SENTENCE_BYTES
        space = encoded.rfind(b" ", start + 1, end + 1)
        stop = space if space > 0 else _whole_characters(encoded, end)
        yield encoded[start:stop].decode("utf-8")
        start = stop
    if start < len(encoded):
        yield encoded[start:].decode("utf-8")


def _whole_characters(encoded: bytes, end: int) -> int:
    """The last edge between two characters up to `end`."""
    while encoded[end] & 0xC0 == 0x80:
        end -= 1
    return end


class Witness:
    """Counts what the trainer has after all its filters, as its `pretokenizer`; changes nothing.

    Attributes:
        num_sentences: Sentences that are learned from.
        num_characters: Of these, normalised.
    """

    def __init__(self) -> None:
        self.num_sentences = 0
        self.num_characters = 0
        self._lock = threading.Lock()

    def __call__(self, sentence: str) -> list[str]:
        """Take note of a sentence; the trainer's threads call it."""
        with self._lock:
            self.num_sentences += 1
            self.num_characters += len(sentence)
        return [sentence]

    def check(self, sentences: list[str], *, normalized: bool) -> None:
        """Check that the trainer had all sentences, and without normalisation all characters.

        Raises:
            HaybaleError: If it skipped or shortened one.
        """
        num_characters = sum(map(len, sentences))
        if self.num_sentences != len(sentences) or (
            not normalized and self.num_characters != num_characters
        ):
            raise HaybaleError(
                f"SentencePiece learned from {self.num_sentences:,} sentences of "
                f"{self.num_characters:,} characters, it was given {len(sentences):,} of "
                f"{num_characters:,}; this is a defect of haybale, or another version of "
                "sentencepiece than 0.2.3: please report it"
            )
