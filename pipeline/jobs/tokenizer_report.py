"""The tokenizer's report on the whole corpus, from what the tokens pass counted part by part."""

from typing import Any

import numpy as np

from haybale.corpus.digests import canonical_json
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.tokens import TOKENS_FOLDER, pieces_path
from haybale.pipeline.rows.tables import read_rows
from haybale.tokenization.report import REPORT_PATH, Encoded, tokenizer_report
from haybale.tokenization.tokenizer import Tokenizer


def write_tokenizer_report(
    context: BuildContext, tokenizer: Tokenizer
) -> tuple[FileRecord, dict[str, Any]]:
    """Add up the counts of all parts; returns the file and what stands in it."""
    folder = context.folder
    languages: dict[str, dict[str, Encoded]] = {}
    pieces = {part.subset: np.zeros(tokenizer.vocabulary_size, np.int64) for part in context.parts}
    for part in context.parts:
        counts = languages.setdefault(part.subset, {})
        facts = read_parsed(folder, f"{TOKENS_FOLDER}/{part.name}.json")["facts"]
        for name, found in facts["languages"].items():
            counts[name] = counts.get(name, Encoded()) + Encoded(**found)
        pieces[part.subset] += read_rows(folder, pieces_path(part.name)).view(np.int64)
    report = tokenizer_report(tokenizer, languages, pieces)
    return folder.commit_bytes(REPORT_PATH, canonical_json(report)), report
