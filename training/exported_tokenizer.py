"""A corpus's tokenizer as `transformers` loads it: a `tokenizer.json`, and what it is to be called.

SentencePiece's models are written out as the models of the `tokenizers` package that give the same
ids, where normalisation does nothing, as in those that Haybale learns.
"""

import json
from typing import Any

from haybale.corpus.errors import RecipeError
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder
from haybale.corpus.tokenizer_file import is_tokenizer_json, tokenizer_path
from haybale.tokenization.piece_model import (
    BPE,
    CONTROL,
    UNIGRAM,
    UNKNOWN,
    USER_DEFINED,
    PieceModel,
    read_piece_model,
)

_SPACE = "\u2581"


def export_tokenizer(corpus: Folder, tokens: TokenFormat) -> dict[str, bytes]:
    """Files of the tokenizer, by name.

    A SentencePiece model that normalises text is only copied: it has to be converted by whoever
    knows its normalisation.

    Raises:
        RecipeError: If reading it needs a package that is not there.
    """
    model = corpus.read(tokenizer_path(corpus))
    if is_tokenizer_json(model):
        raw = json.loads(model)
        return {"tokenizer.json": model, "tokenizer_config.json": _config(_names(raw), tokens)}
    try:
        pieces = read_piece_model(model)
    except ModuleNotFoundError:
        raise RecipeError(
            "to export a SentencePiece tokenizer, protobuf is needed: pip install protobuf"
        ) from None
    if not pieces.is_identity or pieces.kind not in (UNIGRAM, BPE):
        return {"tokenizer.model": model}
    raw = fast_tokenizer(pieces)
    return {
        "tokenizer.json": json.dumps(raw, ensure_ascii=False).encode(),
        "tokenizer_config.json": _config(dict(enumerate(_texts(pieces))), tokens),
        "tokenizer.model": model,
    }


def fast_tokenizer(pieces: PieceModel) -> dict[str, Any]:
    """The content of a `tokenizer.json` that does what a SentencePiece model does."""
    texts = _texts(pieces)
    special = set(pieces.ids_of(UNKNOWN, CONTROL).tolist())
    unknown = next(iter(pieces.ids_of(UNKNOWN).tolist()), None)
    spaces = pieces.escapes_spaces
    # Where spaces are escaped, SentencePiece never finds a piece with a plain one.
    own = [one for one in pieces.ids_of(USER_DEFINED) if not (spaces and " " in texts[one])]
    added = sorted(special | set(map(int, own)))
    model: dict[str, Any]
    if pieces.kind == UNIGRAM:
        vocabulary = [list(one) for one in zip(texts, pieces.scores.tolist(), strict=True)]
        model = {"type": "Unigram", "unk_id": unknown, "vocab": vocabulary}
    else:
        model = {
            "type": "BPE",
            "vocab": {text: number for number, text in enumerate(texts)},
            "merges": _merges(pieces, texts, set(added)),
            "unk_token": None if unknown is None else texts[unknown],
            "fuse_unk": True,
        }
    model["byte_fallback"] = pieces.byte_fallback
    unescape = [{"type": "Replace", "pattern": {"String": _SPACE}, "content": " "}]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": texts[number].replace(_SPACE, " ") if spaces else texts[number],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": number in special,
            }
            for number in added
        ],
        "normalizer": (
            {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE} if spaces else None
        ),
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [*(unescape if spaces else []), {"type": "ByteFallback"}, {"type": "Fuse"}],
        },
        "model": model,
    }


def _texts(pieces: PieceModel) -> list[str]:
    return [piece.decode() for piece in pieces.pieces]


def _merges(pieces: PieceModel, texts: list[str], added: set[int]) -> list[list[str]]:
    """Every way to make a piece of two, best piece first: SentencePiece merges any two that fit."""
    ids = {text: number for number, text in enumerate(texts) if number not in added}
    merges = [
        (-float(pieces.scores[number]), ids[text[:cut]], ids[text[cut:]], text[:cut], text[cut:])
        for text, number in ids.items()
        for cut in range(1, len(text))
        if text[:cut] in ids and text[cut:] in ids
    ]
    return [[first, second] for *_, first, second in sorted(merges)]


def _names(raw: dict[str, Any]) -> dict[int, str]:
    return {token["id"]: token["content"] for token in raw.get("added_tokens", [])}


def _config(names: dict[int, str], tokens: TokenFormat) -> bytes:
    """No token is put before or behind a text: documents of a corpus begin with none either."""
    if tokens.eos_id not in names:
        raise RecipeError(
            f"tokenizer.json: expected token {tokens.eos_id}, which ends the corpus's documents, "
            "among its added_tokens, found none; add it there before the corpus is built"
        )
    content = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": False,
        "add_eos_token": False,
        "bos_token": names.get(tokens.bos_id),
        "clean_up_tokenization_spaces": False,
        "eos_token": names[tokens.eos_id],
        "unk_token": names.get(tokens.unk_id),
    }
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"
