"""The sample of survivors that a vocabulary is learned from, or measured on: read part by part.

How it is drawn, see `haybale.pipeline.jobs.tokenizer_draw`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import derive_seed, digest, id_words, keyed_digests
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import addresses, part_of, row_of
from haybale.pipeline.jobs.tokenizer_draw import SAMPLED, Draw
from haybale.pipeline.kept.documents import document_batches
from haybale.pipeline.kept.survivors import surviving_bytes, surviving_rows, take_survivors
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.shuffle import Rows


def part_candidates(folder: Folder, part: Part, draw: Draw) -> tuple[Rows, int]:
    """A part's survivors that may be drawn, in order, and the UTF-8 bytes of all its survivors."""
    table = read_table(folder, f"signatures/{part.name}.arrow", ["doc_id", "text_bytes"])
    doc_ids = table.column("doc_id").combine_chunks()
    rows = np.zeros(table.num_rows, SAMPLED)
    rows["order"] = keyed_digests(derive_seed(draw.seed, "tokenizer"), doc_ids)
    if draw.from_end:
        rows["order"] = ~rows["order"]
    rows["id"] = id_words(doc_ids)[:, 1]
    rows["address"] = addresses(part.number, table.num_rows)
    text_bytes = surviving_bytes(folder, part, table.column("text_bytes").to_numpy())
    rows["bytes"] = np.minimum(text_bytes, draw.max_document_bytes)
    if draw.max_language_fraction is not None:
        rows["language"] = _language_digests(folder, part)
    survives = surviving_rows(folder, part.name, table.num_rows)
    return draw.needed(rows[survives], draw.total_bytes), int(text_bytes[survives].sum())


def _language_digests(folder: Folder, part: Part) -> npt.NDArray[np.uint64]:
    digests = [np.empty(0, np.uint64)]
    for batch in document_batches(folder, part.name, ["language"]):
        encoded = pc.fill_null(batch.column("language"), "").dictionary_encode()
        names = (int(digest(name.encode())[:16], 16) for name in encoded.dictionary.to_pylist())
        digests.append(np.fromiter(names, np.uint64)[encoded.indices.to_numpy()])
    return np.concatenate(digests)


@dataclass(frozen=True)
class SampledTexts:
    """Texts of a sample, in the order of the draw.

    Attributes:
        texts: Cut at a code point within the bytes that each may give.
        subsets: Of each text.
        languages: Of each text; empty where it is not known.
    """

    texts: list[str]
    subsets: list[str]
    languages: list[str]

    def as_facts(self) -> dict[str, object]:
        """Documents and bytes: of all, by subset, and by language within each."""
        sizes = [len(text.encode()) for text in self.texts]
        by_subset: dict[str, dict[str, dict[str, int]]] = {}
        for subset, language, size in zip(self.subsets, self.languages, sizes, strict=True):
            cell = by_subset.setdefault(subset, {}).setdefault(
                language or "unknown", {"documents": 0, "text_bytes": 0}
            )
            cell["documents"] += 1
            cell["text_bytes"] += size
        return {
            "sample_documents": len(sizes),
            "sample_bytes": sum(sizes),
            "sample": by_subset,
        }


def read_sample(folder: Folder, parts: Sequence[Part], rows: Rows) -> SampledTexts:
    """The texts of a sample; only these are decompressed.

    Args:
        folder: The corpus folder.
        parts: The split plan.
        rows: SAMPLED, in any order.
    """
    rows = np.sort(rows, order="address")
    numbers = part_of(rows["address"])
    found: list[tuple[str, str, str]] = []
    for number in np.unique(numbers):
        part, inside = parts[int(number)], rows[numbers == number]
        sizes = iter(inside["bytes"].tolist())
        columns = ["language", "text"]
        for batch in take_survivors(folder, part, row_of(inside["address"]), columns):
            languages = pc.fill_null(batch.column("language"), "").to_pylist()
            for text, language in zip(batch.column("text"), languages, strict=True):
                found.append((_start(text, next(sizes)), part.subset, language))
    order = np.lexsort((rows["id"], rows["order"]))
    drawn = [found[at] for at in order]
    return SampledTexts(*([row[column] for row in drawn] for column in range(3)))


def _start(text: pa.LargeStringScalar, num_bytes: int) -> str:
    return str(text.as_buffer()[:num_bytes].to_pybytes(), "utf-8", "ignore")
