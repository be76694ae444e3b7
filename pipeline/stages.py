"""The five stages in order, or the first of them; each skips what is done."""

from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.manifest import Manifest
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.decontaminate import decontaminate
from haybale.pipeline.jobs.deduplicate import deduplicate
from haybale.pipeline.jobs.document import document
from haybale.pipeline.jobs.ingest import ingest
from haybale.pipeline.jobs.listed import keep_listed
from haybale.pipeline.jobs.lookup_index import index_documents
from haybale.pipeline.jobs.repeats import cut_repeats
from haybale.pipeline.jobs.selection import select
from haybale.pipeline.jobs.tokenize import tokenize
from haybale.pipeline.jobs.tokenizer import make_tokenizer
from haybale.pipeline.planning.dependencies import Dependencies
from haybale.pipeline.units.steps import UnitResult, content_of, fingerprint, finished_units

STAGES = ("ingest", "deduplicate", "tokenizer", "tokenize", "document")


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
    done = ingest(context, depends_on)
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
