"""Tokenization as a transform."""

import os
from collections.abc import Iterator

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics

from haybale.corpus.errors import RecipeError
from haybale.corpus.shards import TokenFormat, token_batch, tokens_schema
from haybale.corpus.storage import open_input
from haybale.pipeline.transforms.arriving import expect_batches, expect_columns
from haybale.tokenization.tokenizer import Tokenizer, load_tokenizer


class Encode(beam.PTransform):  # type: ignore[misc]
    """Encode documents to token ids, the same as in a build's shards.

    Gives batches of `doc_id` and `tokens`: list<uint16>, or uint32 where the vocabulary has more
    than 65,536 pieces; the id that ends a document ends each. The schema's metadata name the
    tokenizer by digest, its `vocabulary_size`, `bos_id`, `eos_id` and `unk_id`.

    Counters: `tokens/documents` and `tokens/tokens`.

    Args:
        model: Path or URI of a SentencePiece model or a `tokenizer.json` that every worker can
            read; they check that it is the same file.

    Raises:
        RecipeError: If it cannot be read, or is no tokenizer.
        SchemaError: When a batch lacks `doc_id` or `text`.
    """

    def __init__(self, model: str | os.PathLike[str]) -> None:
        super().__init__()
        uri = os.fspath(model)
        self._encode = EncodeDocuments(uri, _load(uri).digest)

    def expand(self, documents: beam.PCollection) -> beam.PCollection[pa.RecordBatch]:
        """Beam's hook."""
        expect_batches(documents, "Encode")
        return documents | "Encode" >> beam.ParDo(self._encode).with_output_types(pa.RecordBatch)


class EncodeDocuments(beam.DoFn):  # type: ignore[misc]
    """A batch of documents to a batch of tokens."""

    def __init__(self, model: str, digest: str) -> None:
        self._model, self._digest = model, digest

    def setup(self) -> None:
        """Load the tokenizer."""
        self._tokenizer = _load(self._model)
        if self._tokenizer.digest != self._digest:
            raise RecipeError(
                f"Encode: {self._model} has digest {self._tokenizer.digest} here, the pipeline was "
                f"made with {self._digest}; give all workers the same"
            )
        self._schema = _schema(self._tokenizer)

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Encode one batch."""
        batch = expect_columns(batch, ("doc_id", "text"), "Encode")
        tokens = self._tokenizer.encode(batch.column("text"))
        Metrics.counter("haybale", "tokens/documents").inc(batch.num_rows)
        Metrics.counter("haybale", "tokens/tokens").inc(len(tokens.ids))
        yield token_batch(self._schema, batch.column("doc_id"), tokens.offsets, tokens.ids)


def _schema(tokenizer: Tokenizer) -> pa.Schema:
    """That of shards, but for the subset and split that a shard is of."""
    numbers = (tokenizer.vocabulary_size, tokenizer.bos_id, tokenizer.eos_id, tokenizer.unk_id)
    schema = tokens_schema(TokenFormat(tokenizer.digest, *numbers), "", "")
    metadata = {
        key: value for key, value in schema.metadata.items() if key not in (b"subset", b"split")
    }
    return schema.with_metadata(metadata)


def _load(uri: str) -> Tokenizer:
    try:
        with open_input(uri) as stream:
            return load_tokenizer(bytes(stream.read()))
    except FileNotFoundError:
        raise RecipeError(f"Encode: {uri} does not exist; mend the path") from None
    except OSError as error:
        raise RecipeError(f"Encode: {uri} cannot be read: {error}") from None
    except RecipeError as error:
        raise RecipeError(f"Encode: {uri}: {error}") from None
