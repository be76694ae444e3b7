"""The driver: plans a build, holds its folder, runs its stages, goes on where it was stopped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import MANIFEST_PATH, Manifest, read_manifest
from haybale.corpus.places import place_of
from haybale.corpus.storage import Folder
from haybale.corpus.stores import check_output
from haybale.corpus.takedowns import FINISH, unfinished_takedown
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.scope import check_scopes
from haybale.pipeline.engines.reach import Places, absolute
from haybale.pipeline.jobs.tokenizer import given_model
from haybale.pipeline.jobs.tokens import TOKENS_FOLDER
from haybale.pipeline.locking.lock import locked
from haybale.pipeline.planning.dependencies import Dependencies, dependencies
from haybale.pipeline.planning.earlier import EarlierCorpus, find_earlier
from haybale.pipeline.planning.evaluation import read_evaluation
from haybale.pipeline.planning.listed import check_lists
from haybale.pipeline.planning.plan import Part, plan_as_json, plan_parts
from haybale.pipeline.planning.same_plan import check_same_plan
from haybale.pipeline.planning.staging import FILES_FOLDER
from haybale.pipeline.planning.workspace import write_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import LoadedRecipe, load_build_recipe
from haybale.pipeline.report.amounts import count_of
from haybale.pipeline.report.recording import recorded, settle
from haybale.pipeline.runners import Engine
from haybale.pipeline.stages import STAGES, run_stages
from haybale.pipeline.units.pool import unit_pool


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
    context, plan = _plan(
        load_build_recipe(recipe, list(overrides)),
        output,
        replace(engine or Engine(), isolated=isolated),
        progress or Progress(),
    )
    folder = context.folder
    with (
        locked(folder, context.progress.line) as lock,
        unit_pool(context.engine, context.progress) as pool,
    ):
        context = replace(context, pool=pool, lock=lock)
        # Again: another build may have begun in the meantime.
        changed = check_same_plan(folder, plan)
        if folder.exists(MANIFEST_PATH):
            if said := unfinished_takedown(folder):
                raise ManifestMismatchError(f"{folder.uri}: {said}; {FINISH}")
            if changed:
                context.progress.line(_not_read_again(changed))
            _remove_scaffolding(folder)
            settle(folder)
            return read_manifest(folder)
        depends_on = _check(context)
        folder.clear_temporary()
        write_workspace(folder, context.loaded, plan)
        num_bytes = sum(part.num_bytes for part in context.parts)
        context.progress.line(
            f"{context.loaded.recipe.name}: {num_bytes / 1e6:,.1f} MB of input in "
            f"{count_of(len(context.parts), 'part')}, {context.engine.describe()}"
        )
        stages = STAGES[: STAGES.index(last_stage) + 1]
        with recorded(context, stages, recipe, overrides, log):
            manifest = run_stages(context, stages, depends_on)
            if manifest is not None:
                _remove_scaffolding(folder)
        return manifest


def _plan(
    loaded: LoadedRecipe, output: str, engine: Engine, progress: Progress
) -> tuple[BuildContext, dict[str, Any]]:
    """What is to be built from what, and the plan as it is written down."""
    folder = Folder(output if engine.is_local else absolute(output))
    check_output(place_of(output))  # before anything is read, there or of the input
    parts = plan_parts(loaded)
    earlier = find_earlier(loaded)
    for warning in engine.check_places(_places(output, parts, earlier)):
        progress.line(warning)
    plan = plan_as_json(loaded, parts, earlier)
    check_same_plan(folder, plan)  # before items are read, which may take minutes
    evaluation = read_evaluation(loaded)
    return BuildContext(folder, loaded, parts, earlier, evaluation, engine, progress), plan


def _not_read_again(changed: list[str]) -> str:
    """What to say of input that was written since the corpus was finished, its sizes the same."""
    others = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
    return (
        f"the corpus is finished and left alone; {changed[0]}{others} changed since and kept the "
        "size: if the text is another, build into another --output"
    )


def _check(context: BuildContext) -> Dependencies:
    """Say what is wrong with the files that a recipe names before hours of work."""
    loaded, parts = context.loaded, context.parts
    depends_on = dependencies(loaded, parts)
    given_model(loaded)
    if loaded.recipe.dedup is not None:
        files = ((part.subset, file.name) for part in parts for file in part.files)
        check_scopes(loaded.recipe.dedup, files)
    if loaded.recipe.ids is not None:
        check_lists(loaded, parts)
    return depends_on


def _remove_scaffolding(folder: Folder) -> None:
    """Remove what only steps that are done needed, and what is large."""
    folder.remove(TOKENS_FOLDER)
    folder.remove(FILES_FOLDER)


def _places(output: str, parts: tuple[Part, ...], earlier: tuple[EarlierCorpus, ...]) -> Places:
    """What workers read and write, and what to call it."""
    files = ((f"subsets.{part.subset}.paths", part.files[0].path) for part in parts)
    corpora = ((f"dedup.against[{at}]", corpus.uri) for at, corpus in enumerate(earlier))
    return {"--output": output, **dict(files), **dict(corpora)}
