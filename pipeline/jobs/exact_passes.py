"""Duplicates by one key, in one shuffle or, where memory is too small for it, in several.

A pass looks at a range of digests and leaves who goes by region; when all are done, what they found
is gathered for each part. Either way the same files are left.
"""

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.rows import EXACT, EXACT_REMOVED
from haybale.pipeline.jobs.exact import FindExact, Twins, exact_step
from haybale.pipeline.jobs.exact_gathered import GatherTwins
from haybale.pipeline.jobs.regions import num_regions
from haybale.pipeline.shuffle import num_partitions
from haybale.pipeline.units.drive import run_graph
from haybale.pipeline.units.steps import Step, is_finished


def pass_exact(
    context: BuildContext,
    key: str,
    before: tuple[str, ...],
    bound: str,
    documents: int,
) -> None:
    """Leave for each part who has an earlier twin by a key.

    Args:
        context: The build.
        key: What twins have in common.
        before: Keys by which duplicates were found before.
        bound: Fingerprint of what the digests follow from.
        documents: How many ingest kept.
    """
    step = Step(exact_step(key), bound)
    num_parts = len(context.parts)
    num_rows = documents + _earlier_documents(context)
    num_passes = passes_of(num_rows, context.engine.shuffle_bytes)
    names = [f"{step.name}-{at + 1:04d}-of-{num_passes:04d}" for at in range(num_passes)]
    if num_passes == 1:
        _find(context, step, num_parts, num_rows, Twins(key, before))
    elif not is_finished(context.folder, step):
        for number, name in enumerate(names):
            first, stop = ((at << 64) // num_passes for at in (number, number + 1))
            twins = Twins(key, before, first, stop - 1)
            rows = num_rows // num_passes
            _find(context, Step(name, bound), num_regions(num_parts), rows, twins)
        gather = GatherTwins(context.folder.uri, step, num_parts, tuple(names))
        num_bytes = documents * EXACT_REMOVED.itemsize
        run_graph(context, step, lambda root: root | gather, num_parts, num_bytes)
    _remove_passes(context.folder, step)


def passes_of(num_rows: int, shuffle_bytes: int) -> int:
    """In how many passes so many EXACT rows are shuffled, of so many bytes each."""
    return max(1, -(-num_rows * EXACT.itemsize // shuffle_bytes))


def _remove_passes(folder: Folder, step: Step) -> None:
    """Remove what passes left, of another number of them too: memory may have changed since."""
    prefix = f"run/{step.name}-"
    folders = {path.rpartition("/")[0] for path in folder.list(prefix.rpartition("/")[0])}
    for name in sorted(folders):
        if name.startswith(prefix):
            folder.remove(name)


def _find(context: BuildContext, step: Step, num_files: int, num_rows: int, twins: Twins) -> None:
    count = num_partitions(num_rows, EXACT)
    find = FindExact(
        context.folder.uri,
        step,
        len(context.parts),
        context.num_signed_parts,
        num_files,
        count,
        twins,
    )
    num_bytes = num_rows * EXACT.itemsize
    run_graph(context, step, lambda root: root | find, num_files, num_bytes)


def _earlier_documents(context: BuildContext) -> int:
    manifests = [read_manifest(Folder(corpus.uri)) for corpus in context.earlier]
    splits = [split for manifest in manifests for split in manifest.totals.values()]
    return sum(subset["documents"] for split in splits for subset in split.values())
