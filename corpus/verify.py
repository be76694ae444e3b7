"""Checks a finished corpus against its manifest; a quick verification is of what training reads.

| | quick | full |
|---|---|---|
| files | every size; shards, indexes, tokenizer and card hashed | every file hashed |
| files not named | none among shards, packings and chunks | |
| record batches | where the index says, whole documents | digests, ids in the vocabulary |
| documents | a sample compared with its texts | every one: none missing, none twice |
| index of documents | for the sample | every row |
| what was taken down | as many as the manifest says | no text of it is left |
"""

import pyarrow as pa

from haybale.corpus.errors import HaybaleError
from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.lookup_tables import has_index
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.storage import Folder
from haybale.corpus.verification.companions import check_companions
from haybale.corpus.verification.documents import check_documents
from haybale.corpus.verification.files import check_files
from haybale.corpus.verification.lineage import check_lineage
from haybale.corpus.verification.lookup import LookupCheck
from haybale.corpus.verification.report import Checking, Progress, Verification
from haybale.corpus.verification.sample import Sample
from haybale.corpus.verification.shards import Offsets, check_shards, check_totals
from haybale.corpus.verification.takedowns import check_takedowns, check_unfinished
from haybale.corpus.verification.text_coder import ReadCoder, TextCoder


def verify_corpus(
    folder: Folder,
    *,
    full: bool = False,
    tokenizer: ReadCoder | None = None,
    progress: Progress = lambda _path, _num_bytes: None,
) -> Verification:
    """Check everything that can be checked, and go on after a problem.

    Args:
        folder: The corpus.
        full: Check everything, not only what training reads and a sample.
        tokenizer: Reads the corpus's tokenizer; without it no text is compared.
        progress: Told what is being read.

    Raises:
        ManifestMismatchError: If there is no finished corpus.
        CorruptShardError: If the manifest itself is damaged.
    """
    checking = Checking(folder, read_manifest(folder), full, progress)
    check_files(checking)
    check_unfinished(checking)
    check_lineage(checking)
    if INDEX_PATH in checking.damaged:
        checking.not_checked.append(f"what is in the shards: {INDEX_PATH} is damaged")
        return checking.result()
    try:
        _check_contents(checking, tokenizer)
    except (HaybaleError, pa.ArrowException, OSError) as error:
        checking.problems.append(str(error))
    return checking.result()


def _check_contents(checking: Checking, tokenizer: ReadCoder | None) -> None:
    """What the files hold, those that are damaged aside."""
    shards = indexed_shards(read_index(checking.folder))
    check_totals(checking, shards)
    check_companions(checking, shards)
    check_takedowns(checking)
    sample = Sample()
    lookup = LookupCheck(checking, shards) if has_index(checking.manifest) else None

    def take(shard: IndexedShard, batch: pa.RecordBatch, offsets: Offsets, before: int) -> None:
        sample.take(shard, batch, offsets, before)
        if checking.full and lookup is not None:
            lookup.take(shard, batch, offsets, before)

    check_shards(checking, shards, take)
    if not checking.has("documents/"):
        checking.not_checked.append("texts: the corpus was imported as tokens, and holds none")
        return
    if checking.damaged:
        checking.not_checked.append("texts: files are damaged")
        return
    coder = _coder(checking, tokenizer)
    if lookup is None:
        checking.not_checked.append("lookup/: an earlier release made this corpus, without one")
    sample.check(checking, coder)
    if not checking.full:
        return
    check_documents(checking, shards, coder)
    if lookup is not None:
        lookup.check()


def _coder(checking: Checking, tokenizer: ReadCoder | None) -> TextCoder | None:
    """The corpus's tokenizer; None where there is none to be had."""
    if tokenizer is None:
        checking.not_checked.append("tokens against texts: no tokenizer was given")
        return None
    try:
        return tokenizer(checking.folder)
    except HaybaleError as error:
        checking.problems.append(str(error))
        checking.not_checked.append("tokens against texts: the tokenizer cannot be read")
    except ModuleNotFoundError as error:
        checking.not_checked.append(f"tokens against texts: {error.name} is not installed")
    return None
