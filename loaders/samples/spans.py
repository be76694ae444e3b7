"""Which documents a sample is made of."""

import ctypes
from dataclasses import dataclass

import numpy as np

from haybale.corpus.errors import CorruptShardError
from haybale.loaders.samples.reader import SampleReader
from haybale.loaders.samples.stretches import Stretches
from haybale.loaders.shards.index_rows import IndexRows


@dataclass(frozen=True)
class DocumentSpan:
    """The part of a document that a sample has as inputs.

    Attributes:
        doc_id: The document, in hex.
        shard: Path of the shard below the corpus.
        start: Offset of the part's first token within the shard.
        length: Tokens of the part.
    """

    doc_id: str
    shard: str
    start: int
    length: int


def document_spans(
    reader: SampleReader, index: IndexRows, stretches: Stretches, sequence_length: int
) -> list[DocumentSpan]:
    """The documents whose tokens are the inputs of one sample, in order."""
    held = reader.hold(stretches)
    spans = []
    for number in range(len(stretches)):
        row, start = int(stretches.row[number]), int(stretches.start[number])
        inputs = min(int(stretches.length[number]), sequence_length - int(stretches.column[number]))
        count = int(index.num_documents[row])
        offsets = np.frombuffer(_memory(int(held.offsets[number]), 4 * (count + 1)), np.int32)
        doc_ids = _memory(int(held.doc_ids[number]), 16 * count)
        shard = int(index.shard_number(np.array([row]))[0])
        before = int(index.num_tokens[index.first_rows[shard] : row].sum())
        document, stop = int(offsets.searchsorted(start, side="right")) - 1, start + inputs
        while start < stop:
            end = min(stop, int(offsets[document + 1]))
            if end <= start:
                raise CorruptShardError(
                    f"{index.name(row)}: has boundaries that are not those of documents; "
                    "`haybale verify` names all that is damaged"
                )
            doc_id = bytes(doc_ids[16 * document : 16 * document + 16]).hex()
            spans.append(DocumentSpan(doc_id, index.shards[shard], before + start, end - start))
            start, document = end, document + 1
    return spans


def _memory(address: int, num_bytes: int) -> memoryview:
    return memoryview((ctypes.c_char * num_bytes).from_address(address)).cast("B")
