"""Who is tied to the documents of a list by what deduplication wrote down.

The tables prove two things: that a removed document resembles the survivor it names, and that the
documents of a cluster hang together by pairs that were verified. What they do not hold (pairs below
the threshold, pairs that no band of a signature brought together, pairs of different scopes)
nobody can tell from a corpus.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.arrow_files import arrow_batches, id_bytes, open_arrow
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.jobs.duplicates_table import DUPLICATES_PATH, SIZES_PATH
from haybale.pipeline.kept.earlier_names import INHERITED
from haybale.pipeline.takedown.ids import Ids, are_in

_CLUSTERS = "dedup/clusters/"


@dataclass(frozen=True)
class NearDuplicates:
    """Documents that share a cluster with one of a list.

    Attributes:
        ids: Those that are not in the list themselves.
        direct: Of these, how many the tables name in one row with a document of the list: they
            were compared. The others hang together with it by a chain of such pairs.
        elsewhere: Survivors in earlier corpora, which are not touched.
    """

    ids: Ids
    direct: int
    elsewhere: Ids


def near_duplicates(folder: Folder, manifest: Manifest, asked: Ids, taken: Ids) -> NearDuplicates:
    """Everybody in the clusters of a list of documents, but for those that were taken down before.

    Raises:
        RecipeError: If the corpus was built without deduplication, or if its clusters cannot be
            told apart.
    """
    if manifest.find(DUPLICATES_PATH) is None:
        raise RecipeError(
            f"--near-duplicates: {folder.uri} was built without [dedup], so nothing in it says "
            "which documents are alike; leave the flag out, and list them"
        )
    _check_names(folder, manifest)
    clusters = _clusters_of(folder, manifest, asked)
    found, direct, elsewhere = [_none()], [_none()], [_none()]
    for rows in _removals(folder):
        mine = are_in(rows.cluster, clusters)
        # An id of an earlier corpus may be another document's here.
        both = mine & rows.here
        found += [rows.removed[mine], rows.survivor[both]]
        direct.append(rows.removed[both & are_in(rows.survivor, asked)])
        direct.append(rows.survivor[both & are_in(rows.removed, asked)])
        elsewhere.append(rows.survivor[mine & ~rows.here])
    for survivors, names in _survivors(folder, manifest):
        found.append(survivors[are_in(names, clusters)])
    others = np.setdiff1d(np.concatenate(found), np.union1d(asked, taken))
    compared = np.intersect1d(np.concatenate(direct), others)
    return NearDuplicates(others, len(compared), np.unique(np.concatenate(elsewhere)))


def _check_names(folder: Folder, manifest: Manifest) -> None:
    """Refuse tables in which one name may be of two clusters: an earlier corpus's and one of ours.

    Raises:
        RecipeError: If the corpus was built against earlier ones, and by an earlier release.
    """
    if not manifest.lineage.get("earlier"):
        return
    with open_arrow(folder, SIZES_PATH) as reader:
        if INHERITED in reader.schema.names:
            return
    raise RecipeError(
        f"--near-duplicates: {folder.uri} has dedup.against and was built by a release that named "
        "clusters by ids alone, so that documents without any likeness may share a name; leave "
        "the flag out, and list them, or build the corpus anew"
    )


def _clusters_of(folder: Folder, manifest: Manifest, asked: Ids) -> Ids:
    """Names of the clusters that these documents are in."""
    names = [_none()]
    for rows in _removals(folder):
        mine = are_in(rows.removed, asked) | (are_in(rows.survivor, asked) & rows.here)
        names.append(rows.cluster[mine])
    for survivors, clusters in _survivors(folder, manifest):
        names.append(clusters[are_in(survivors, asked)])
    return np.unique(np.concatenate(names))


@dataclass(frozen=True)
class _Removals:
    removed: Ids
    survivor: Ids
    cluster: Ids
    here: npt.NDArray[np.bool_]
    """Whether the survivor is of this corpus."""


def _removals(folder: Folder) -> Iterator[_Removals]:
    columns = ["removed", "survivor", "cluster", "corpus"]
    for batch in arrow_batches(folder, DUPLICATES_PATH, columns):
        removed, survivor, cluster = (id_bytes(batch.column(name)) for name in columns[:3])
        here = batch.column("corpus").is_null().to_numpy(zero_copy_only=False)
        yield _Removals(removed, survivor, cluster, here)


def _survivors(folder: Folder, manifest: Manifest) -> Iterator[tuple[Ids, Ids]]:
    """Survivors that are in a cluster, and their clusters: who has kin only is in none."""
    for record in manifest.files:
        if record.path.startswith(_CLUSTERS):
            for batch in arrow_batches(folder, record.path, ["survivor", "cluster"]):
                there: Any = batch.filter(batch.column("cluster").is_valid())
                yield id_bytes(there.column("survivor")), id_bytes(there.column("cluster"))


def _none() -> Ids:
    return np.empty(0, "S16")
