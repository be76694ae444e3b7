"""A corpus written by the first release of format version 1 must be readable for ever."""

from pathlib import Path

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.loaders import TokenDataset
from haybale.tokenization.encode import SentencePieceTokenizer

CORPUS = Path(__file__).with_name("corpus-v1")
TEXTS = ["The hay is in the barn.\n", "Chinchillas live on hay; a bale is a shard.\n"]


def test_the_golden_corpus_verifies():
    result = verify_corpus(Folder(str(CORPUS)), full=True)
    assert result.problems == ()
    assert result.documents == 3


def test_the_golden_corpus_is_streamed_and_decodes_to_what_was_written():
    dataset = TokenDataset(str(CORPUS), sequence_length=8, shuffle=None)
    encoder = SentencePieceTokenizer((CORPUS / "tokenizer" / "tokenizer.model").read_bytes())
    tokens = [token for at in range(len(dataset)) for token in dataset[at]["input_ids"].tolist()]
    # Three documents, each of both texts over and over, and an end.
    ends = [at for at, token in enumerate(tokens) if token == encoder.eos_id]
    first = encoder.decode(tokens[: ends[0]])
    assert first == (TEXTS[0] + TEXTS[1]) * 3


def test_the_golden_manifest_is_read_as_it_was_written():
    manifest = read_manifest(Folder(str(CORPUS)))
    assert manifest.name == "golden"
    assert manifest.tokens.vocabulary_size == 300
    assert manifest.weights == {"web": 1.0}
