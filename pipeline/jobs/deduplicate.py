"""Stage 2, deduplicate: everything that needs the whole corpus. Text does not shuffle.

    exact-*     digests, shuffled by digest in passes: per part, who has an earlier twin; key by key
    bands       bands of the rest, sorted, part by part
    candidates  bands, shuffled by bucket in passes: pairs that share one, by region
    shingles    sets of shingles of the candidates, part by part; not where verify = "estimate"
    verified    each pair's similarity, region by region
    survivors   of the graph of verified pairs, by policy
    families    of the graph of verified pairs and kin: who shares a split
    removals    per part who goes, why, and for whom

Memory: a pass shuffles as much as the engine can hold; a group of a shuffle holds about
`PARTITION_BYTES`; the driver holds `NODE_BYTES` per document with a verified neighbour while
survivors are chosen, or where that does not fit leaves it to the engine.
"""

from dataclasses import asdict

from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.presets import MinHashScheme
from haybale.pipeline.dedup.rows import EXACT, band_type
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.jobs.bands import BANDS_FOLDER, BandsWorker
from haybale.pipeline.jobs.candidates import FindCandidates, candidates_step
from haybale.pipeline.jobs.exact_passes import pass_exact
from haybale.pipeline.jobs.families import find_families
from haybale.pipeline.jobs.inherited import inherit_names
from haybale.pipeline.jobs.regions import num_regions
from haybale.pipeline.jobs.removals import RemovalsWorker
from haybale.pipeline.jobs.shingles import SETS_FOLDER, ShinglesWorker
from haybale.pipeline.jobs.survivors import find_survivors
from haybale.pipeline.jobs.verified import VerifyWorker
from haybale.pipeline.kept.earlier_names import NAMING
from haybale.pipeline.shuffle import num_partitions
from haybale.pipeline.units.drive import run_graph, run_units
from haybale.pipeline.units.steps import Step, content_of, fingerprint, is_finished

STAGE = "deduplicate"


def deduplicate(
    context: BuildContext, settings: DedupSettings, before: str, documents: int, text_bytes: int
) -> str:
    """Run the stage.

    Args:
        context: The build.
        settings: The recipe's `dedup`.
        before: Digest of what ingest left behind.
        documents: How many ingest kept.
        text_bytes: Of these.

    Returns:
        Digest of what this stage left behind.
    """
    scheme = settings.scheme
    earlier = [(corpus.digest, NAMING) for corpus in context.earlier]
    asked = asdict(settings), None if scheme is None else asdict(scheme)
    bound = fingerprint(STAGE, asked, earlier, before)
    for place, key in enumerate(settings.exact_keys):
        pass_exact(context, key, settings.exact_keys[:place], bound, documents)
    if scheme is not None:
        verified = Step(f"{STAGE}/verified", bound)
        if not is_finished(context.folder, verified):
            context.progress.line(f"{STAGE}: {scheme.description}")
            if settings.verify == "estimate":
                context.progress.line(
                    f"{STAGE}: similarities are estimates, of a standard error of "
                    f"{scheme.standard_error:.3f} at the threshold"
                )
            num_passes = _find_candidates(context, settings, scheme, bound, documents)
            _verify(context, settings, verified, num_passes, text_bytes)
        _remove_data(context.folder)
        num_files = num_regions(context.num_signed_parts)
        find_survivors(context, verified, num_files, context.engine.memory_bytes)
        find_families(context, verified, num_files, context.engine.memory_bytes)
        inherit_names(context.folder)
    removals = Step(f"{STAGE}/removals", bound)
    num_parts = len(context.parts)
    worker = RemovalsWorker(context.folder.uri, removals)
    run_units(context, worker, num_parts, documents * EXACT.itemsize)
    return content_of(context.folder, removals)


def _find_candidates(
    context: BuildContext,
    settings: DedupSettings,
    scheme: MinHashScheme,
    bound: str,
    documents: int,
) -> int:
    """Leave candidate pairs; returns in how many passes."""
    folder, num_parts = context.folder, context.num_signed_parts
    bands = BandsWorker(folder.uri, Step(f"{STAGE}/bands", bound))
    num_words = settings.hub_words
    num_rows = documents * scheme.num_bands
    results = run_units(context, bands, num_parts, num_rows * band_type(num_words).itemsize)
    num_rows = sum(result.facts["rows"] for result in results.values())
    return pass_candidates(context, bound, num_words, num_rows)


def pass_candidates(context: BuildContext, bound: str, num_words: int, num_rows: int) -> int:
    """Shuffle the rows of all bands, BANDED, as many at a time as the engine may.

    Args:
        context: The build.
        bound: Fingerprint of what the bands follow from.
        num_words: Of the order in which documents of a bucket are preferred.
        num_rows: Of all bands.

    Returns:
        Number of passes.
    """
    folder, num_parts = context.folder, context.num_signed_parts
    row_type = band_type(num_words)
    num_passes = max(1, -(-num_rows * row_type.itemsize // context.engine.shuffle_bytes))
    for number in range(num_passes):
        first, last = ((at << 64) // num_passes for at in (number, number + 1))
        step = Step(candidates_step(number, num_passes), bound)
        count = num_partitions(num_rows // num_passes, row_type)
        num_own = len(context.parts)
        find = FindCandidates(folder.uri, step, num_words, num_own, num_parts, count, first, last)
        num_bytes = num_rows * row_type.itemsize // num_passes
        run_graph(context, step, find.begin, num_regions(num_parts) + 1, num_bytes)
    return num_passes


def _verify(
    context: BuildContext,
    settings: DedupSettings,
    verified: Step,
    num_passes: int,
    text_bytes: int,
) -> None:
    """Leave the pairs above the threshold."""
    uri, num_parts, num_signed = context.folder.uri, len(context.parts), context.num_signed_parts
    if settings.verify == "exact":
        shingles = Step(f"{STAGE}/shingles", verified.fingerprint)
        read = ShinglesWorker(uri, shingles, num_passes, num_signed)
        run_units(context, read, num_parts, text_bytes)
    worker = VerifyWorker(uri, verified, num_passes)
    run_units(context, worker, num_regions(num_signed), text_bytes)


def _remove_data(folder: Folder) -> None:
    """Remove what only verification needed."""
    for data in (BANDS_FOLDER, SETS_FOLDER):
        folder.remove(data)
