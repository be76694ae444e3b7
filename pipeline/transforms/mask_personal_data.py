"""Masking of personal data as a transform."""

from collections.abc import Iterator, Sequence

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.pipeline.transforms.arriving import expect_batches, expect_columns, with_column
from haybale.quality.sensitive.masking import mask_personal_data
from haybale.quality.sensitive.personal_data import KINDS


class MaskPersonalData(beam.PTransform):  # type: ignore[misc]
    """Replace personal data in `text` by tokens such as `<EMAIL>`, as a build with `mask` does.

    Counters `masked/<kind>` say how often. What stood there is kept nowhere.

    Args:
        kinds: What to mask, of `email`, `phone`, `ip` and `card`.

    Raises:
        RecipeError: If none is given, or one is not known.
    """

    def __init__(self, kinds: Sequence[str] = KINDS) -> None:
        super().__init__()
        if isinstance(kinds, str):
            kinds = (kinds,)
        if not kinds:
            raise RecipeError("MaskPersonalData: expected at least one kind, found none")
        for kind in kinds:
            if kind not in KINDS:
                raise RecipeError(
                    f"MaskPersonalData: unknown kind {kind!r}; {nearest(kind, KINDS)}"
                )
        self._mask = MaskTexts(tuple(kinds))

    def expand(self, documents: beam.PCollection) -> beam.PCollection[pa.RecordBatch]:
        """Beam's hook."""
        expect_batches(documents, "MaskPersonalData")
        return documents | "Mask" >> beam.ParDo(self._mask).with_output_types(pa.RecordBatch)


class MaskTexts(beam.DoFn):  # type: ignore[misc]
    """A batch to the same with masked texts."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Mask one batch."""
        batch = expect_columns(batch, ("text",), "MaskPersonalData")
        masking = mask_personal_data(batch.column("text"), self._kinds)
        for kind in self._kinds:
            number = int(masking.found[:, KINDS.index(kind)].sum())
            Metrics.counter("haybale", f"masked/{kind}").inc(number)
        yield with_column(batch, "text", masking.texts)
