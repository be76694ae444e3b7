"""What a takedown would take, found without writing anything."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.arrow_files import arrow_batches, id_bytes
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import ASKED, IN_CORPUS, NEAR_DUPLICATE, REMOVED, TAKEN_PATH
from haybale.pipeline.jobs.duplicates_table import DUPLICATES_PATH
from haybale.pipeline.jobs.tokens import TRAIN
from haybale.pipeline.takedown.ids import Ids, are_in, hex_of
from haybale.pipeline.takedown.located import Located, locate
from haybale.pipeline.takedown.near_duplicates import NearDuplicates, near_duplicates
from haybale.pipeline.takedown.sound import check_sound

_NAMED = 5
"""Unknown ids that an error names."""


@dataclass(frozen=True)
class Duplicates:
    """What deduplication wrote of the documents that are to go.

    Attributes:
        duplicates_that_stay_away: Documents that were removed for the sake of one of them.
        texts_that_stay: Of these, documents that are not to go themselves: `documents/` goes on
            holding their texts.
        survivors_that_stay: Documents of the corpus that one of them was removed for the sake of,
            and that are not to go themselves.
    """

    duplicates_that_stay_away: int
    texts_that_stay: int
    survivors_that_stay: int


@dataclass(frozen=True)
class Survey:
    """What a list of ids means in a corpus.

    Attributes:
        located: Documents that are to go: of the list, and of their clusters if that was asked.
        rules: ASKED or NEAR_DUPLICATE, for each.
        already: Of the list, those that an earlier takedown took.
        missing: Of the list, those that were never read for this corpus.
        near: Who shares a cluster with them; None if that was not asked.
        duplicates: Who deduplication had removed for the sake of one that is to go.
        cells: By split and subset: documents and tokens that leave the shards.
        shards: That hold any of them.
        emptied: Splits and subsets of splits of which nothing is left; no subset: all of the split.
    """

    located: Located
    rules: npt.NDArray[np.object_]
    already: Ids
    missing: Ids
    near: NearDuplicates | None
    duplicates: "Duplicates"
    cells: dict[tuple[str, str], tuple[int, int]]
    shards: int
    emptied: list[tuple[str, str | None]]

    def facts(self) -> dict[str, Any]:
        """The survey as JSON."""
        was = Counter(self.located.was.tolist())
        near = self.near and {
            "documents": int((self.rules == NEAR_DUPLICATE).sum()),
            "in_corpus": int((self.located.in_corpus & (self.rules == NEAR_DUPLICATE)).sum()),
            "compared": self.near.direct,
            "survivors_in_earlier_corpora": len(self.near.elsewhere),
        }
        by: dict[str, dict[str, dict[str, int]]] = {}
        for (split, subset), (documents, tokens) in sorted(self.cells.items()):
            by.setdefault(split, {})[subset] = {"documents": documents, "tokens": tokens}
        return {
            "documents": was[IN_CORPUS],
            "tokens": sum(tokens for _, tokens in self.cells.values()),
            "by": by,
            "emptied": [list(each) for each in self.emptied],
            "texts_only": len(self.located.ids) - was[IN_CORPUS],
            "removed_before": was[REMOVED],
            "near_duplicates": near,
            **vars(self.duplicates),
            "already": hex_of(self.already),
            "missing": hex_of(self.missing),
            "shards": self.shards,
        }


def survey(
    folder: Folder, manifest: Manifest, ids: Ids, *, with_near: bool, missing_ok: bool
) -> Survey:
    """Look the documents of a list up.

    Raises:
        RecipeError: If one was never read and that is not allowed, or nothing would be left to
            train on, or near-duplicates are asked for where nobody looked for any.
    """
    check_sound(folder, manifest, INDEX_PATH, TAKEN_PATH)
    taken = _taken(folder, manifest)
    already = ids[are_in(ids, taken)]
    asked = locate(folder, manifest, np.setdiff1d(ids, already))
    missing = np.setdiff1d(ids, np.concatenate([asked.ids, already]))
    if len(missing) and not missing_ok:
        shown = ", ".join(hex_of(missing[:_NAMED])) + (", ..." if len(missing) > _NAMED else "")
        raise RecipeError(
            f"--ids: {len(missing):,} of {len(ids):,} ids are of no document that was read for "
            f"{folder.uri}: {shown}; mend the list, or say --ignore-missing"
        )
    near, located = None, asked
    if with_near:
        near = near_duplicates(folder, manifest, asked.ids, taken)
        located = locate(folder, manifest, np.union1d(asked.ids, near.ids))
    rules = np.where(are_in(located.ids, asked.ids), ASKED, NEAR_DUPLICATE).astype(object)
    cells, shards = _cells(folder, located)
    _check_rest(folder, manifest, cells)
    duplicates = _duplicates(folder, manifest, located.ids)
    emptied = _emptied(manifest, cells)
    return Survey(located, rules, already, missing, near, duplicates, cells, shards, emptied)


def _taken(folder: Folder, manifest: Manifest) -> Ids:
    if manifest.find(TAKEN_PATH) is None:
        return np.empty(0, "S16")
    batches = arrow_batches(folder, TAKEN_PATH, ["doc_id"])
    return np.concatenate([id_bytes(batch.column("doc_id")) for batch in batches])


def _cells(folder: Folder, located: Located) -> tuple[dict[tuple[str, str], tuple[int, int]], int]:
    index, rows = read_index(folder), located.token_batch[located.in_corpus]
    names = [index.column(name).to_pylist() for name in ("split", "subset", "shard")]
    cells: dict[tuple[str, str], tuple[int, int]] = {}
    for row, tokens in zip(rows.tolist(), located.tokens[located.in_corpus].tolist(), strict=True):
        cell = names[0][row], names[1][row]
        documents, before = cells.get(cell, (0, 0))
        cells[cell] = documents + 1, before + tokens
    return cells, len({names[2][row] for row in np.unique(rows).tolist()})


def _check_rest(
    folder: Folder, manifest: Manifest, cells: dict[tuple[str, str], tuple[int, int]]
) -> None:
    here = sum(counts["documents"] for counts in manifest.totals.get(TRAIN, {}).values())
    gone = sum(documents for (split, _), (documents, _) in cells.items() if split == TRAIN)
    if gone and gone == here:
        raise RecipeError(
            f"--ids: all {here:,} training documents of {folder.uri} would go, and there is no "
            "corpus of none; remove the folder instead"
        )


def _emptied(
    manifest: Manifest, cells: dict[tuple[str, str], tuple[int, int]]
) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for split, subsets in sorted(manifest.totals.items()):
        here = {name: counts["documents"] for name, counts in subsets.items()}
        left = {name: here[name] - cells.get((split, name), (0, 0))[0] for name in here}
        emptied = sorted(name for name in here if here[name] and not left[name])
        if emptied and not any(left.values()):
            found.append((split, None))
        else:
            found += [(split, name) for name in emptied]
    return found


def _duplicates(folder: Folder, manifest: Manifest, gone: Ids) -> Duplicates:
    away = texts = 0
    stay = [np.empty(0, "S16")]
    if manifest.find(DUPLICATES_PATH) is not None:
        for batch in arrow_batches(folder, DUPLICATES_PATH, ["removed", "survivor", "corpus"]):
            here = batch.filter(batch.column("corpus").is_null())
            removed, survivors = (id_bytes(here.column(name)) for name in ("removed", "survivor"))
            goes, for_one = are_in(removed, gone), are_in(survivors, gone)
            away += int(for_one.sum())
            texts += int((for_one & ~goes).sum())
            stay.append(survivors[goes & ~for_one])
    return Duplicates(away, texts, len(np.unique(np.concatenate(stay))))
