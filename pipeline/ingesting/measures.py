"""`measures/`: of every document read, why it was dropped and all that was measured of it."""

import numpy as np
import pyarrow as pa

from haybale.corpus.documents import text_offsets
from haybale.pipeline.ingesting.classifiers import Classifiers, score_rules
from haybale.pipeline.ingesting.decide import Decisions
from haybale.pipeline.ingesting.findings import WORD_LIST, Findings
from haybale.quality.profiles import Profile

_FIELDS = (
    pa.field("doc_id", pa.binary(16), nullable=False),
    pa.field("first_reason", pa.string()),
    pa.field("language", pa.string()),
    pa.field("language_score", pa.float32()),
    pa.field("text_bytes", pa.int64(), nullable=False),
    pa.field("edited_bytes", pa.int64(), nullable=False),
)


def measures_schema(
    profile: Profile | None, classifiers: Classifiers, *, has_words: bool
) -> pa.Schema:
    """What is measured of a subset's documents: a float64 column for each rule behind the fixed.

    Args:
        profile: The subset's rules.
        classifiers: That it is scored by.
        has_words: Whether words of a list are counted.
    """
    rules = [WORD_LIST] if has_words else []
    rules += [] if profile is None else [rule.name for rule in profile.rules]
    for name, (settings, _) in classifiers.items():
        rules += score_rules(name, settings)
    return pa.schema([*_FIELDS, *(pa.field(rule, pa.float64()) for rule in rules)])


def measure_rows(
    schema: pa.Schema, documents: pa.RecordBatch, decisions: Decisions, findings: Findings
) -> pa.RecordBatch:
    """The measures of a batch.

    Args:
        schema: What `measures_schema` gives.
        documents: Schema DOCUMENTS, identified.
        decisions: On them.
        findings: In them.
    """
    text_bytes = findings.read_bytes
    values = {**findings.measured, **decisions.values}
    columns = [
        documents.column("doc_id"),
        decisions.reason,
        documents.column("language"),
        documents.column("language_score"),
        pa.array(text_bytes),
        pa.array(text_bytes - np.diff(text_offsets(decisions.texts))),
        *(values[rule] for rule in schema.names[len(_FIELDS) :]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
