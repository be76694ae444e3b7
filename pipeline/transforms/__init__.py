"""What a build does to documents, for other people's Beam pipelines.

    documents = records | ToDocuments()
    kept = (documents | ApplyRules("gopher")).kept
    kept = (kept | Deduplicate("gopher")).kept
    tokens = kept | Encode("tokenizer.model")

The element is a batch: a `pyarrow.RecordBatch` of schema `haybale.corpus.documents.DOCUMENTS`, or
of those of its columns that a transform needs. How documents are grouped into batches changes no
result, only how long it takes: a batch should hold a few megabytes of text. No output folder is
needed. docs/transforms.md has examples, costs and limits.
"""

from haybale.pipeline import coders as _coders  # noqa: F401, registers what encodes a record batch
from haybale.pipeline.transforms.apply_rules import ApplyRules, Ruled
from haybale.pipeline.transforms.deduplication.transform import Deduplicate, Deduplicated
from haybale.pipeline.transforms.encode import Encode
from haybale.pipeline.transforms.from_documents import FromDocuments
from haybale.pipeline.transforms.identify_language import IdentifyLanguage
from haybale.pipeline.transforms.mask_personal_data import MaskPersonalData
from haybale.pipeline.transforms.to_documents import ToDocuments

__all__ = [
    "ApplyRules",
    "Deduplicate",
    "Deduplicated",
    "Encode",
    "FromDocuments",
    "IdentifyLanguage",
    "MaskPersonalData",
    "Ruled",
    "ToDocuments",
]
