"""Takes documents out of a finished corpus, and tells its manifest and card."""

from typing import Any

import pyarrow as pa

import haybale
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.lookup_tables import BATCH_ROWS
from haybale.corpus.manifest import MANIFEST_PATH, Manifest, read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import LINEAGE_KEY, NEAR_DUPLICATE, TAKEN, TAKEN_PATH, takedowns_of
from haybale.pipeline.jobs.domains_table import DOMAINS_PATH
from haybale.pipeline.locking.lock import BuildLock, locked
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.takedown.card import tell_card
from haybale.pipeline.takedown.id_lists import rewrite_id_lists
from haybale.pipeline.takedown.ids import Ids, as_arrow, digest_of
from haybale.pipeline.takedown.lookup import rewrite_lookup
from haybale.pipeline.takedown.parts import rewrite_parts
from haybale.pipeline.takedown.shards import rewrite_shards
from haybale.pipeline.takedown.survey import Survey, survey
from haybale.pipeline.takedown.switch import (
    check_new,
    find_switch,
    finish_switch,
    prepare_switch,
)
from haybale.pipeline.takedown.totals import totals_after, weights_after
from haybale.pipeline.takedown.unfinished import discard, pending, settle
from haybale.pipeline.takedown.work import Asked, Exchange, Work, begin


def preview(
    folder: Folder, ids: Ids, *, near_duplicates: bool = False, ignore_missing: bool = False
) -> dict[str, Any]:
    """What `remove` would take; nothing is written.

    Raises:
        RecipeError: As `remove` does.
    """
    manifest, unfinished = read_manifest(folder), pending(folder)
    found = survey(folder, manifest, ids, with_near=near_duplicates, missing_ok=ignore_missing)
    return {**found.facts(), "pending": unfinished}


def remove(
    folder: Folder,
    ids: Ids,
    *,
    near_duplicates: bool = False,
    ignore_missing: bool = False,
    reason: str = "",
    date: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Take documents down; stopped anywhere, it is finished by being called again.

    Args:
        folder: A finished corpus.
        ids: From `haybale.pipeline.takedown.ids.read_ids`.
        near_duplicates: Whether everybody in their clusters goes too.
        ignore_missing: Whether ids of documents that were never read are allowed.
        reason: For the record.
        date: YYYY-MM-DD; empty: today.
        progress: Where progress is shown.

    Returns:
        JSON: what `preview` tells, and `takedown`, the entry of the lineage (None where there was
        nothing left to do); `after`, the manifest's digest; `rewritten` and `gone`, paths of files;
        `changes`, the difference of the cards as `haybale card diff` has it, None where there is
        no card, or one of another format; `domains_unknown`, how many dropped documents have no
        sample that would tell whose web domain to take off the card's list. `pending`: a takedown
        that had been left unfinished: finished first, or discarded where it was not `begun`.

    Raises:
        RecipeError: If the list cannot be right; see `survey`.
        ManifestMismatchError: If there is no finished corpus, or somebody else is at work in it.
        CorruptShardError: If a file that is to be written anew is damaged; then nothing is changed.
    """
    progress = progress or Progress()
    if not folder.exists(MANIFEST_PATH):
        read_manifest(folder)  # says what is missing
    asked = Asked(ids, near_duplicates, reason, date)
    with locked(folder, progress.line, advice="") as lock:
        unfinished = {"pending": pending(folder)}
        told = settle(folder, asked, progress)
        if told is not None:
            return told | unfinished
        manifest = read_manifest(folder)
        folder.clear_temporary()
        found = survey(folder, manifest, ids, with_near=near_duplicates, missing_ok=ignore_missing)
        if not len(found.located.ids):
            nothing: dict[str, Any] = {"takedown": None, "after": manifest.digest, "changes": None}
            nothing |= {"rewritten": [], "gone": [], "domains_unknown": 0}
            return {**found.facts(), **nothing, **unfinished}
        work = begin(folder, manifest, asked, progress)
        _write(work, found, lock)
        switch = find_switch(folder)
        assert switch is not None
        try:
            check_new(folder, switch)
        except CorruptShardError as error:  # of a disk that lost what units had finished
            discard(folder)
            raise CorruptShardError(
                f"{error.args[0]}; the corpus is as it was: the same command begins anew"
            ) from None
        finish_switch(folder, switch, progress)
        return switch.told | unfinished


def _write(work: Work, found: Survey, lock: BuildLock) -> None:
    """Write everything that changes, and that it is written."""
    exchange, located, manifest = Exchange({}, set()), found.located, work.manifest
    gone, rules = located.ids[located.in_corpus], found.rules[located.in_corpus]
    taken = rewrite_shards(work, located, exchange)
    parts = rewrite_parts(work, located, found.rules, taken.documents, exchange)
    rewrite_lookup(work, gone, taken, exchange)
    rewrite_id_lists(work, gone, rules, exchange)
    _write_taken(work, found, exchange)
    text_bytes: dict[tuple[str, str], int] = {}
    for subset, facts in parts:
        for split, size in facts.get("text_bytes", {}).items():
            text_bytes[split, subset] = text_bytes.get((split, subset), 0) + size
    totals = totals_after(manifest.totals, taken, text_bytes)
    entry = _entry(work, found, sum(text_bytes.values()))
    lineage = {**manifest.lineage, LINEAGE_KEY: [*takedowns_of(manifest), entry]}
    weights = weights_after(manifest, totals)
    changes = tell_card(work, located.ids, taken, parts, (lineage, totals, weights), exchange)
    after = Manifest(
        name=manifest.name,
        recipe=manifest.recipe,
        lineage=lineage,
        totals=totals,
        weights=weights,
        tokens=manifest.tokens,
        files=exchange.files_of(manifest),
    )
    told = {**found.facts(), "takedown": entry, "after": after.digest, "changes": changes}
    told |= {"rewritten": sorted(exchange.written), "gone": sorted(exchange.gone)}
    listed = manifest.find(DOMAINS_PATH) is not None
    told["domains_unknown"] = sum(facts["domains_unknown"] for _, facts in parts if listed)
    lock.check()
    prepare_switch(work, after, exchange, told)


def _entry(work: Work, found: Survey, text_bytes: int) -> dict[str, Any]:
    """See `haybale.corpus.takedowns.takedowns_of`."""
    facts, asked = found.facts(), work.asked
    near = found.located.in_corpus & (found.rules == NEAR_DUPLICATE)
    return {
        "date": asked.date,
        "reason": asked.reason,
        "ids": digest_of(asked.ids),
        "asked": len(asked.ids),
        "documents": facts["documents"],
        "text_bytes": text_bytes,
        "tokens": facts["tokens"],
        "near_duplicates": int(near.sum()),
        "texts_only": facts["texts_only"],
        "duplicates_that_stay_away": facts["duplicates_that_stay_away"],
        "splits": sorted(facts["by"]),
        "before": work.manifest.digest,
        "haybale": haybale.__version__,
    }


def _write_taken(work: Work, found: Survey, exchange: Exchange) -> None:
    """`takedown/documents.arrow`, those of earlier takedowns in it."""
    located, number = found.located, len(takedowns_of(work.manifest)) + 1
    columns = [
        as_arrow(located.ids),
        pa.repeat(pa.scalar(number, pa.int32()), len(located.ids)),
        pa.array(found.rules, pa.string()),
        pa.array(located.was, pa.string()),
    ]
    tables = [pa.Table.from_arrays(columns, schema=TAKEN)]
    if work.has(TAKEN_PATH):
        tables.append(read_table(work.folder, TAKEN_PATH))
    rows = pa.concat_tables(tables).sort_by("doc_id").combine_chunks()
    with open_table(work.new, TAKEN_PATH, TAKEN, compressed=False) as writer:
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            writer.write(batch)
    exchange.add(writer.record())
