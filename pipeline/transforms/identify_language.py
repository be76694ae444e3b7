"""Language identification as a transform."""

from collections.abc import Iterator

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics

from haybale.corpus.errors import RecipeError
from haybale.pipeline.transforms.arriving import expect_batches, expect_columns, with_column
from haybale.quality.language import LanguageIdentifier


class IdentifyLanguage(beam.PTransform):  # type: ignore[misc]
    """Fill `language` and `language_score` as a build does; see `LanguageIdentifier`.

    Args:
        model: Path of a fastText language model, the same on every worker; absent: found there as
            `haybale.quality.language.find_model` says. Workers check that it is the same model.

    Raises:
        RecipeError: If there is no model.
    """

    def __init__(self, model: str | None = None) -> None:
        super().__init__()
        self._label = LabelLanguages(model, LanguageIdentifier(model).digest)

    def expand(self, documents: beam.PCollection) -> beam.PCollection[pa.RecordBatch]:
        """Beam's hook."""
        expect_batches(documents, "IdentifyLanguage")
        return documents | "Label" >> beam.ParDo(self._label).with_output_types(pa.RecordBatch)


class LabelLanguages(beam.DoFn):  # type: ignore[misc]
    """A batch to the same with languages."""

    def __init__(self, model: str | None, digest: str) -> None:
        self._model, self._digest = model, digest

    def setup(self) -> None:
        """Load the model."""
        self._identifier = LanguageIdentifier(self._model)
        if self._identifier.digest != self._digest:
            raise RecipeError(
                f"IdentifyLanguage: the model {self._identifier.path} has digest "
                f"{self._identifier.digest} here, the pipeline was made with {self._digest}; give "
                "all workers the same"
            )
        self._documents = Metrics.counter("haybale", "identified_documents")

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Label one batch."""
        batch = expect_columns(batch, ("text",), "IdentifyLanguage")
        languages, scores = self._identifier.identify(batch.column("text"))
        self._documents.inc(batch.num_rows)
        yield with_column(with_column(batch, "language", languages), "language_score", scores)
