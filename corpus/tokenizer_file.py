"""Where a corpus keeps its tokenizer: one file, of one of two kinds."""

from haybale.corpus.storage import Folder

SENTENCEPIECE_PATH = "tokenizer/tokenizer.model"
HUGGINGFACE_PATH = "tokenizer/tokenizer.json"


def is_tokenizer_json(model: bytes) -> bool:
    """Whether a tokenizer's bytes begin as a `tokenizer.json` does, and no SentencePiece model."""
    return model.lstrip()[:1] == b"{"


def path_for(model: bytes) -> str:
    """Where a corpus keeps a tokenizer of these bytes."""
    return HUGGINGFACE_PATH if is_tokenizer_json(model) else SENTENCEPIECE_PATH


def tokenizer_path(folder: Folder) -> str:
    """Where a corpus keeps its tokenizer.

    Earlier releases left facts at HUGGINGFACE_PATH, always beside a SentencePiece model.
    """
    return SENTENCEPIECE_PATH if folder.exists(SENTENCEPIECE_PATH) else HUGGINGFACE_PATH
