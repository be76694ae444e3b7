"""What a verification asks of a tokenizer; those of `haybale.tokenization` give it."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.storage import Folder
from haybale.corpus.verification.report import Checking


class EncodedTexts(Protocol):
    """Encoded documents, each with EOS at its end."""

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """int64[documents + 1]."""

    @property
    def ids(self) -> npt.NDArray[Any]:
        """uint16 or uint32[tokens]."""


class TextCoder(Protocol):
    """Text to ids and back."""

    def encode(self, texts: pa.Array) -> EncodedTexts:
        """Encode large_string[documents]."""

    def decode(self, ids: list[int]) -> str:
        """Ids to text; control ids such as EOS give nothing."""


ReadCoder = Callable[[Folder], TextCoder]
"""The tokenizer of a corpus."""


def compare_texts(
    checking: Checking,
    coder: TextCoder,
    texts: pa.Array,
    found: list[tuple[bytes, str, npt.NDArray[Any]]],
) -> None:
    """Compare tokens with the texts that they were made from.

    Texts are encoded again: ids that are the same are right, whatever the tokenizer loses. Decoding
    can show that only where it loses nothing.

    Args:
        checking: Told what is wrong.
        coder: The corpus's tokenizer.
        texts: large_string[documents].
        found: Of each document its id, its shard, and its ids there.
    """
    encoded = coder.encode(texts)
    for at, (doc_id, shard, ids) in enumerate(found):
        expected = encoded.ids[encoded.offsets[at] : encoded.offsets[at + 1]]
        if np.array_equal(expected, ids):
            continue
        why = "they are tokens of another text"
        if coder.decode(ids.tolist()) == texts[at].as_py():
            why = (
                "they decode to its text, but the tokenizer now divides it otherwise: the release "
                "of its library is another"
            )
        checking.problem(
            shard,
            f"document {doc_id.hex()}: its {len(ids)} tokens are not the {len(expected)} of its "
            f"text in documents/: {why}",
            "documents whose tokens are not those of their text",
        )
    checking.compared_documents += len(found)
