"""What a SentencePiece model file says: its pieces, and how text is normalised before them.

The fields and their defaults are those of `sentencepiece_model.proto` (SentencePiece 0.2.3). They
are read through a message class of our own, in a pool of its own: SentencePiece's generated module
does not import beside Beam's protobuf.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
UNIGRAM, BPE, WORD, CHAR = range(1, 5)
SPACE = "\u2581".encode()
"""Normalised text has this in the place of each space."""


@dataclass(frozen=True)
class PieceModel:
    """A model's content.

    Attributes:
        kind: UNIGRAM, BPE, WORD or CHAR.
        pieces: UTF-8, by id.
        scores: float32[pieces].
        types: uint8[pieces]: NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED or BYTE.
        byte_fallback: Whether what has no piece is encoded byte by byte.
        is_identity: Whether normalisation does nothing but escape spaces.
        escapes_spaces: Whether it does that.
    """

    kind: int
    pieces: tuple[bytes, ...]
    scores: npt.NDArray[np.float32]
    types: npt.NDArray[np.uint8]
    byte_fallback: bool
    is_identity: bool
    escapes_spaces: bool

    def ids_of(self, *kinds: int) -> npt.NDArray[np.int64]:
        """Ids of all pieces of some types, rising."""
        return np.flatnonzero(np.isin(self.types, kinds))


def read_piece_model(model: bytes) -> PieceModel:
    """Parse a model file.

    Args:
        model: The file's bytes, which SentencePiece has accepted.
    """
    message = message_class()()
    message.ParseFromString(model)
    normalizer, byte_fallback = message.normalizer_spec, message.trainer_spec.byte_fallback
    types = []
    for piece in message.pieces:
        # A type that the format does not know is read as its default. A NUL, which converters
        # leave beside the byte pieces, is left out by SentencePiece, as if it was never found.
        known = piece.type if NORMAL <= piece.type <= BYTE else NORMAL
        types.append(CONTROL if byte_fallback and piece.piece == b"\0" else known)
    return PieceModel(
        kind=message.trainer_spec.model_type,
        pieces=tuple(piece.piece for piece in message.pieces),
        scores=np.array([piece.score for piece in message.pieces], np.float32),
        types=np.array(types, np.uint8),
        byte_fallback=byte_fallback,
        is_identity=not (
            normalizer.precompiled_charsmap
            or normalizer.add_dummy_prefix
            or normalizer.remove_extra_whitespaces
        ),
        escapes_spaces=normalizer.escape_whitespaces,
    )


@cache
def message_class() -> Any:
    """The protobuf message of a model file; fields without a name here are kept as they are."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="pieces.proto", syntax="proto2")
    fields = descriptor_pb2.FieldDescriptorProto
    scalars = {
        "bytes": fields.TYPE_BYTES,
        "bool": fields.TYPE_BOOL,
        "float": fields.TYPE_FLOAT,
        "int": fields.TYPE_INT32,
    }
    layout: dict[str, list[tuple[str, int, str, str]]] = {
        "Piece": [("piece", 1, "bytes", ""), ("score", 2, "float", "0"), ("type", 3, "int", "1")],
        "Trainer": [("model_type", 3, "int", "1"), ("byte_fallback", 35, "bool", "false")],
        "Normalizer": [
            ("precompiled_charsmap", 2, "bytes", ""),
            ("add_dummy_prefix", 3, "bool", "true"),
            ("remove_extra_whitespaces", 4, "bool", "true"),
            ("escape_whitespaces", 5, "bool", "true"),
        ],
        "Model": [
            ("pieces", 1, "Piece", ""),
            ("trainer_spec", 2, "Trainer", ""),
            ("normalizer_spec", 3, "Normalizer", ""),
        ],
    }
    for name, members in layout.items():
        message = file.message_type.add(name=name)
        for member, number, kind, default in members:
            one = message.field.add(name=member, number=number, label=fields.LABEL_OPTIONAL)
            if kind in scalars:
                one.type = scalars[kind]
                one.default_value = default
            else:
                one.type, one.type_name = fields.TYPE_MESSAGE, f".{kind}"
                if member == "pieces":
                    one.label = fields.LABEL_REPEATED
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Model"))
