"""The driver: runs the five stages in order, skips what is done, goes on where it was stopped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from haybale.corpus.errors import CorruptInputError, RecipeError
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.manifest import MANIFEST_PATH, Manifest, read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.scope import check_scopes
from haybale.pipeline.engines.reach import Places, absolute
from haybale.pipeline.jobs.decontaminate import decontaminate
from haybale.pipeline.jobs.deduplicate import deduplicate
from haybale.pipeline.jobs.document import document
from haybale.pipeline.jobs.ingest import IngestWorker
from haybale.pipeline.jobs.listed import keep_listed
from haybale.pipeline.jobs.lookup_index import index_documents
from haybale.pipeline.jobs.repeats import cut_repeats
from haybale.pipeline.jobs.selection import select
from haybale.pipeline.jobs.tiling import tile
from haybale.pipeline.jobs.tokenize import tokenize
from haybale.pipeline.jobs.tokenizer import given_model, make_tokenizer
from haybale.pipeline.jobs.tokens import TOKENS_FOLDER
from haybale.pipeline.locking.lock import locked
from haybale.pipeline.planning.dependencies import Dependencies, dependencies
from haybale.pipeline.planning.earlier import EarlierCorpus, find_earlier
from haybale.pipeline.planning.evaluation import read_evaluation
from haybale.pipeline.planning.input_facts import file_facts
from haybale.pipeline.planning.listed import check_lists
from haybale.pipeline.planning.plan import Part, check_same_plan, plan_as_json, plan_parts
from haybale.pipeline.planning.staging import FILES_FOLDER
from haybale.pipeline.planning.workspace import write_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import load_build_recipe
from haybale.pipeline.report.recording import recorded, settle
from haybale.pipeline.runners import Engine
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.pool import unit_pool
from haybale.pipeline.units.steps import Step, UnitResult, content_of, fingerprint, finished_units

STAGES = ("ingest", "deduplicate", "tokenizer", "tokenize", "document")
FORMAT = 3
"""Of everything below `run/`; part of every fingerprint."""


def build(
    recipe: Path,
    output: str,
    *,
    engine: Engine | None = None,
    overrides: tuple[str, ...] = (),
    last_stage: str = STAGES[-1],
    progress: Progress | None = None,
    log: Path | None = None,
    isolated: bool = False,
) -> Manifest | None:
    """Build a corpus, or go on with one.

    Args:
        recipe: TOML file.
        output: Local folder, `gs://` or `s3://`.
        engine: Where Beam pipelines run.
        overrides: `a.b=value`, as after `--set`.
        last_stage: Stop after this one.
        progress: Where progress is shown.
        log: A file that the run's log is appended to, besides the one below `run/runs/`.
        isolated: Leave all documents to processes beside this one, however little there is to do,
            so that one at which a library crashes does not end this process.

    Returns:
        The manifest; None if the build was told to stop before the last stage.

    Raises:
        RecipeError: On a recipe that cannot be right.
        ManifestMismatchError: If the folder belongs to another recipe or input.
        CorruptInputError: If too many records were unreadable.
    """
    engine = engine or Engine()
    progress = progress or Progress()
    loaded = load_build_recipe(recipe, list(overrides))
    folder = Folder(output if engine.is_local else absolute(output))
    parts = plan_parts(loaded)
    earlier = find_earlier(loaded)
    for warning in engine.check_places(_places(output, parts, earlier)):
        progress.line(warning)
    plan = plan_as_json(loaded, parts, earlier)
    check_same_plan(folder, plan)  # before items are read, which may take minutes
    context = BuildContext(
        folder,
        loaded,
        parts,
        earlier,
        read_evaluation(loaded),
        engine,
        progress,
    )
    with (
        locked(folder, progress.line) as lock,
        unit_pool(context.engine, context.progress, isolated=isolated) as pool,
    ):
        context = replace(context, pool=pool, lock=lock)
        check_same_plan(folder, plan)  # again: another build may have begun in the meantime
        if folder.exists(MANIFEST_PATH):
            _remove_scaffolding(folder)
            settle(folder)
            return read_manifest(folder)
        depends_on = dependencies(loaded)
        given_model(loaded)  # what is wrong with it is said before hours of work
        if loaded.recipe.dedup is not None:
            files = ((part.subset, file.name) for part in parts for file in part.files)
            check_scopes(loaded.recipe.dedup, files)
        if loaded.recipe.ids is not None:
            check_lists(loaded, parts)
        folder.clear_temporary()
        write_workspace(folder, loaded, plan)
        num_bytes = sum(part.num_bytes for part in parts)
        context.progress.line(
            f"{loaded.recipe.name}: {num_bytes / 1e6:,.1f} MB of input in {len(parts)} parts, "
            f"{context.engine.describe()}"
        )
        stages = STAGES[: STAGES.index(last_stage) + 1]
        with recorded(context, stages, recipe, overrides, log):
            manifest = run_stages(context, stages, depends_on)
            if manifest is not None:
                _remove_scaffolding(folder)
        return manifest


def _remove_scaffolding(folder: Folder) -> None:
    """Remove what only steps that are done needed, and what is large."""
    folder.remove(TOKENS_FOLDER)
    folder.remove(FILES_FOLDER)


def _places(output: str, parts: tuple[Part, ...], earlier: tuple[EarlierCorpus, ...]) -> Places:
    """What workers read and write, and what to call it."""
    files = ((f"subsets.{part.subset}.paths", part.files[0].path) for part in parts)
    corpora = ((f"dedup.against[{at}]", corpus.uri) for at, corpus in enumerate(earlier))
    return {"--output": output, **dict(files), **dict(corpora)}


def run_stages(
    context: BuildContext, stages: tuple[str, ...], depends_on: Dependencies
) -> Manifest | None:
    """Run these stages, the first of STAGES, or what is left of them.

    Args:
        context: The build; its plan is in its folder.
        stages: Names.
        depends_on: See `haybale.pipeline.planning.dependencies`.

    Returns:
        The manifest; None without the last stage.
    """
    recipe, folder = context.loaded.recipe, context.folder
    context.progress.enter_stage("ingest")
    done = _ingest(context, depends_on)
    ingested = finished_units(folder, done)
    before = content_of(folder, done)
    kept = sum(result.facts["documents"] for result in ingested.values())
    total = Amount()
    for result in ingested.values():
        total += result.ledger.total(outcome="kept")
    if "deduplicate" in stages:
        context.progress.enter_stage("deduplicate")
        decide_first = select if recipe.ids is None else keep_listed
        before = decide_first(context, before, total.text_bytes)
    if "deduplicate" in stages and recipe.dedup is not None:
        before = deduplicate(context, recipe.dedup, before, kept, total.text_bytes)
    if "deduplicate" in stages and recipe.repeats is not None:
        before = cut_repeats(context, recipe.repeats, before, total.text_bytes)
    if "deduplicate" in stages and recipe.decontaminate is not None:
        before = decontaminate(context, recipe.decontaminate, before, total.text_bytes)
    if "tokenizer" in stages:
        if kept == 0:
            raise RecipeError(_nothing_kept(list(ingested.values())))
        context.progress.enter_stage("tokenizer")
        before = fingerprint(before, make_tokenizer(context, before))
    if "tokenize" in stages:
        context.progress.enter_stage("tokenize")
        before = fingerprint(before, tokenize(context, before, total.text_bytes))
        read = sum(one.ledger.total(outcome="read").documents for one in ingested.values())
        index_documents(context, before, read)
    if "document" in stages:
        if context.lock is not None:
            context.lock.check()
        context.progress.enter_stage("document")
        return document(context, depends_on)
    return None


def _nothing_kept(ingested: list[UnitResult]) -> str:
    """What to say when every document was dropped."""
    ledger = Ledger()
    for result in ingested:
        ledger.merge(result.ledger)
    read = ledger.total(outcome="read").documents
    dropped = {
        rule: ledger.total(outcome="dropped", rule=rule).documents for rule in ledger.values("rule")
    }
    reasons = ", ".join(f"{rule} {count}" for rule, count in dropped.items() if rule and count)
    return (
        f"no document of {read} read was kept (dropped: {reasons or 'none'}), so there is nothing "
        "to tokenize; give more text, or ease the rules"
    )


def _ingest(context: BuildContext, depends_on: Dependencies) -> Step:
    """Stage 1, and what is done about records that could not be read."""
    recipe, folder = context.loaded.recipe, context.folder
    bound = fingerprint("ingest", FORMAT, context.loaded.raw, _listing(context), depends_on)
    step = Step("ingest", bound)
    num_bytes = sum(part.num_bytes for part in context.parts)
    # Compressed text and HTML cost far more to read than their size tells.
    worker = IngestWorker(folder.uri, step, depends_on)

    def read_parts() -> None:
        run_units(context, worker, len(context.parts), num_bytes * 4)

    read_parts()
    tile(folder, step, context.parts, read_parts)
    _report_input(context, step)
    read, unreadable, first = Amount(), Amount(), None
    for result in finished_units(folder, step).values():
        read += result.ledger.total(outcome="read")
        unreadable += result.ledger.total(outcome="unreadable")
        first = first or result.facts["first_unreadable"]
    limit = recipe.ingest.max_unreadable_fraction
    if unreadable.documents > limit * read.documents:
        assert first is not None
        raise CorruptInputError(
            first["file"],
            first["position"],
            f"{unreadable.documents} of {read.documents} records could not be read, more than "
            f"ingest.max_unreadable_fraction = {limit} allows; the first is {first['reason']}: "
            f"{first['detail']}",
        )
    return step


def _report_input(context: BuildContext, step: Step) -> None:
    """A line for every file without a record, and for unreadable records."""
    results = finished_units(context.folder, step)
    found: dict[str, list[dict[str, Any]]] = {}
    for part in context.parts:
        found.setdefault(part.subset, []).extend(results[part.name].facts["inputs"])
    for file in (file for facts in found.values() for file in file_facts(facts)):
        if file["records"] == 0:
            context.progress.line(f"warning: {file['name']}: no records in this file")
    for result in results.values():
        if first := result.facts["first_unreadable"]:
            count = result.ledger.total(outcome="unreadable").documents
            where = f"{first['file']} at {first['position']}"
            context.progress.line(
                f"warning: {count} unreadable; the first, {where}, is {first['reason']}: "
                f"{first['detail']}"
            )


def _listing(context: BuildContext) -> list[list[object]]:
    return [
        [part.subset, file.name, file.num_bytes, file.modified, part.piece]
        for part in context.parts
        for file in part.files
    ]
