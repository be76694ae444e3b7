"""Labels for lines of text by a fastText model: the same scores as fastText's, sooner."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.documents import text_data, text_offsets
from haybale.quality.fasttext_kernel import place_words, predict_lines
from haybale.quality.fasttext_labels import LABEL_PREFIX
from haybale.quality.fasttext_model import FastTextModel

_END = b"</s>"
_FREE = 4  # places for each word of the table


@dataclass(frozen=True)
class _Known:
    """Words and labels of a model, to be found by their bytes."""

    data: npt.NDArray[np.uint8]
    edges: npt.NDArray[np.int64]
    places: npt.NDArray[np.int32]

    @classmethod
    def of(cls, names: list[bytes]) -> "_Known":
        data = np.frombuffer(b"".join(names), np.uint8)
        edges = np.cumsum([0, *map(len, names)]).astype(np.int64)
        places = np.full(1 << (_FREE * len(names)).bit_length(), -1, np.int32)
        place_words(data, edges, places)
        return cls(data, edges, places)


class LineLabels:
    """Gives lines of text their most likely label.

    Args:
        model: As read.

    Attributes:
        labels: As in the model, with fastText's prefix.
    """

    def __init__(self, model: FastTextModel) -> None:
        self.labels = model.labels
        self._model = model
        known = _Known.of([*model.words, *(label.encode() for label in model.labels)])
        self._known = known.data, known.edges, known.places
        self._end = model.words.index(_END) if _END in model.words else -1
        filled = np.packbits(model.rows_of_buckets >= 0, bitorder="little")
        most = model.max_characters if model.num_buckets else 0
        self._ngrams = model.min_characters, most, filled, model.rows_of_buckets

    def predict(self, lines: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """The best label of each line, as fastText's `predict(line, k=1, threshold=0)`.

        Args:
            lines: large_string[rows] without line ends.

        Returns:
            int32[rows]: number of the label; -1: none.
            float32[rows]: its probability.
        """
        labels, scores = np.empty(len(lines), np.int32), np.empty(len(lines), np.float32)
        predict_lines(
            text_data(lines),
            text_offsets(lines),
            self._known,
            np.frombuffer(LABEL_PREFIX.encode(), np.uint8),
            self._end,
            self._ngrams,
            self._model.inputs,
            self._model.outputs,
            self._model.children,
            labels,
            scores,
        )
        return labels, scores
