"""Stage 5, document: ledgers to the card, and everything to `corpus.json`."""

from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import haybale
from haybale.cards.inputs import CardInputs
from haybale.cards.write import write_card
from haybale.corpus.ledger import Ledger
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.decontamination.items import items_digest
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.jobs.card_samples import card_samples
from haybale.pipeline.jobs.contamination_table import contamination_counts
from haybale.pipeline.jobs.duplicates_table import write_duplicates
from haybale.pipeline.jobs.id_lists import write_id_lists
from haybale.pipeline.jobs.measured import merge_measured
from haybale.pipeline.jobs.packing import packing_totals
from haybale.pipeline.jobs.pair_sample import sample_pairs
from haybale.pipeline.jobs.removed_draw import draw_removed
from haybale.pipeline.jobs.token_rates import token_rates
from haybale.pipeline.jobs.tokenize import PLAN_PATH as SHARD_PLAN_PATH
from haybale.pipeline.jobs.tokenizer import FACTS_PATH, read_token_format
from haybale.pipeline.jobs.tokenizer_report import write_tokenizer_report
from haybale.pipeline.jobs.tokens import TRAIN, VALIDATION
from haybale.pipeline.jobs.unigrams_table import write_unigrams
from haybale.pipeline.planning.dependencies import PACKAGES, Dependencies
from haybale.pipeline.planning.input_facts import file_facts
from haybale.pipeline.units.steps import UnitResult
from haybale.tokenization.tokenizer import read_tokenizer

Totals = dict[str, dict[str, dict[str, int]]]

_RECORDED = (
    "ingest",
    "deduplicate/selection",
    "deduplicate/removals",
    "repeats/cuts",
    "decontaminate/verdicts",
    "decontaminate/items",
    "tokenizer",
    "tokenize/tokens",
    "tokenize/shards",
    "tokenize/index",
    "tokenize/packing",
    "tokenize/packing-index",
    "tokenize/chunks",
    "lookup/ranges",
    "lookup/files",
)
"""Steps whose files belong to the corpus; those of the others, and all below `run/`, are its
scaffolding."""
_VERSIONED = ("apache-beam", "numba", "numpy", "pyarrow", "resiliparse", "sentencepiece")


def document(context: BuildContext, depends_on: Dependencies) -> Manifest:
    """Write the card and the manifest; from then on the corpus exists.

    Raises:
        HaybaleError: If the ledger does not close: nothing is published then.
    """
    folder = context.folder
    ledger = Ledger()
    files: list[FileRecord] = []
    for result in _results(folder, *_RECORDED):
        ledger.merge(result.ledger)
        files += (file for file in result.files if not file.path.startswith("run/"))
    ledger.check()
    clusters: Counter[int] = Counter()
    if context.loaded.recipe.dedup is not None:
        records, clusters = write_duplicates(context)
        files += records
    totals = _totals(context)
    tokenizer = read_tokenizer(folder)
    record, report = write_tokenizer_report(context, tokenizer)
    files += (record, write_unigrams(context, tokenizer))
    drawn = draw_removed(context)
    record, measured = merge_measured(
        context,
        token_rates=token_rates(drawn, tokenizer),
        pair_sample=sample_pairs(context),
    )
    files += (record, *write_id_lists(context))
    inputs = _card_inputs(context, ledger, totals, clusters, report, depends_on)
    inputs = replace(inputs, measured=measured, samples=card_samples(context, drawn))
    files += write_card(folder, inputs, files)
    manifest = Manifest(
        name=inputs.name,
        recipe=dict(inputs.recipe),
        lineage=dict(inputs.lineage),
        totals=totals,
        weights=dict(inputs.weights),
        tokens=inputs.tokens,
        files=tuple(files),
    )
    write_manifest(folder, manifest)
    return manifest


def _results(folder: Folder, *steps: str) -> list[UnitResult]:
    """Every unit of these steps, in order."""
    return [
        UnitResult.from_json(read_parsed(folder, path))
        for step in steps
        for path in folder.list(f"run/{step}")
        if path.endswith(".json")
    ]


def _card_inputs(
    context: BuildContext,
    ledger: Ledger,
    totals: Totals,
    clusters: "Counter[int]",
    tokenizer_report: dict[str, Any],
    depends_on: Dependencies,
) -> CardInputs:
    folder, recipe = context.folder, context.loaded.recipe
    tokens = {name: counts["tokens"] for name, counts in totals[TRAIN].items()}
    return CardInputs(
        name=recipe.name,
        recipe=context.loaded.raw,
        ledger=ledger,
        totals=totals,
        weights=recipe.weights(tokens),
        tokens=read_token_format(folder),
        tokenizer_kind=read_parsed(folder, FACTS_PATH)["kind"],
        lineage=_lineage(context, depends_on),
        clusters=dict(sorted(clusters.items())),
        pairs=_pair_facts(folder),
        samples=(),
        declared=recipe.card,
        contamination=contamination_counts(context),
        similarity_error=_similarity_error(recipe.dedup),
        tokenizer_report=tokenizer_report,
        packings=packing_totals(folder),
    )


def _totals(context: BuildContext) -> Totals:
    """Documents, text bytes, tokens and shards per split and subset."""
    folder = context.folder
    shards = read_parsed(folder, SHARD_PLAN_PATH)
    totals: Totals = {TRAIN: {}, VALIDATION: {}}
    for part in context.parts:
        facts = read_parsed(folder, f"run/tokenize/tokens/{part.name}.json")["facts"]
        for split, subsets in totals.items():
            counts = subsets.setdefault(
                part.subset, {"documents": 0, "text_bytes": 0, "tokens": 0, "shards": 0}
            )
            for name in ("documents", "text_bytes", "tokens"):
                counts[name] += facts[split][name]
    for shard in shards:
        totals[shard["split"]][shard["subset"]]["shards"] += 1
    return totals


def _lineage(context: BuildContext, depends_on: Dependencies) -> dict[str, Any]:
    """Inputs by subset, the versions that made the corpus, and what it was compared with."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in context.parts:
        facts = read_parsed(context.folder, f"run/ingest/{part.name}.json")["facts"]
        found.setdefault(part.subset, []).extend(facts["inputs"])
    inputs = {subset: file_facts(facts) for subset, facts in found.items()}
    versions = {name: version(name) for name in _VERSIONED}
    digests = {kind: names for kind, names in depends_on.items() if kind != PACKAGES}
    return {
        "inputs": inputs,
        "versions": {"haybale": haybale.__version__, **versions, **depends_on.get(PACKAGES, {})},
        **digests,
        "earlier": {corpus.name: corpus.digest for corpus in context.earlier},
        "evaluation_sets": _evaluation_digests(context),
    }


def _similarity_error(settings: DedupSettings | None) -> float | None:
    """Of estimates at the threshold; None where texts were compared."""
    if settings is None or settings.scheme is None or settings.verify == "exact":
        return None
    return settings.scheme.standard_error


def _evaluation_digests(context: BuildContext) -> dict[str, str]:
    """Digests of the items of each evaluation set, by its name."""
    settings = context.loaded.recipe.decontaminate
    return {
        asked.name: items_digest([item for item in context.evaluation if item.set == place])
        for place, asked in enumerate(settings.sets if settings else ())
    }


def _pair_facts(folder: Folder) -> dict[str, int]:
    """How many pairs deduplication looked at, and how many it confirmed."""
    facts = dict.fromkeys(("candidate_pairs", "verified_pairs", "limited_buckets"), 0)
    for path in folder.list("run/deduplicate"):
        if path.endswith(".json") and "/verified/" in path:
            found = read_parsed(folder, path)["facts"]
            facts = {name: number + found.get(name, 0) for name, number in facts.items()}
    return facts
