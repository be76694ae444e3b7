"""Sums of a corpus after a takedown: its ledger, its totals, its weights."""

from collections.abc import Mapping

from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.manifest import Manifest
from haybale.corpus.takedowns import STAGE
from haybale.pipeline.jobs.tokens import TRAIN
from haybale.pipeline.takedown.part_measures import PartFacts
from haybale.pipeline.takedown.shards import TakenTokens

Totals = dict[str, dict[str, dict[str, int]]]


def ledger_after(ledger: Ledger, parts: PartFacts) -> Ledger:
    """The ledger with what was taken down as a stage of its own, the last.

    Its kept documents are the corpus, of every subset; what earlier takedowns removed stays in it.
    """
    kept: dict[tuple[str, str], Amount] = {}
    removed: dict[tuple[str, str, str], Amount] = {}
    after, last = Ledger(), ledger.last_stage
    for account, amount in ledger.rows():
        if account.stage == last and account.outcome == "kept":
            kept[account.subset, account.language] = amount
        if account.stage != STAGE:
            after.add(
                account.stage,
                account.subset,
                account.outcome,  # type: ignore[arg-type]
                amount,
                language=account.language,
                rule=account.rule,
            )
        elif account.outcome == "removed":
            removed[account.subset, account.language, account.rule] = amount
    for subset, facts in parts:
        for rule, languages in facts.get("rules", {}).items():
            for language, numbers in languages.items():
                amount = Amount(*numbers)
                key = (subset, language, rule)
                removed[key] = removed.get(key, Amount()) + amount
                kept[subset, language] = _less(kept[subset, language], amount)
    for (subset, language), amount in kept.items():
        after.add(STAGE, subset, "kept", amount, language=language)
    for (subset, language, rule), amount in removed.items():
        after.add(STAGE, subset, "removed", amount, language=language, rule=rule)
    return after


def _less(amount: Amount, other: Amount) -> Amount:
    return Amount(
        amount.documents - other.documents,
        amount.text_bytes - other.text_bytes,
        amount.tokens - other.tokens,
        amount.items,
    )


def totals_after(
    totals: Mapping[str, Mapping[str, Mapping[str, int]]],
    taken: TakenTokens,
    text_bytes: Mapping[tuple[str, str], int],
) -> Totals:
    """Documents, text bytes, tokens and shards per split and subset.

    Args:
        totals: The manifest's.
        taken: What left the shards.
        text_bytes: Of what left, by split and subset.
    """
    after = {
        split: {subset: dict(counts) for subset, counts in subsets.items()}
        for split, subsets in totals.items()
    }
    left = set(taken.index.column("shard").unique().to_pylist())
    for shard in taken.before:
        if shard.path in taken.by_shard:
            rows, counts = taken.by_shard[shard.path], after[shard.split][shard.subset]
            counts["documents"] -= len(rows)
            counts["tokens"] -= int(rows["tokens"].sum())
            counts["shards"] -= shard.path not in left
    for (split, subset), size in text_bytes.items():
        after[split][subset]["text_bytes"] -= size
    return after


def weights_after(manifest: Manifest, totals: Totals) -> dict[str, float]:
    """Share of training tokens of each subset that has any left; they sum to 1.

    As a build has it: the recipe's weights, or, where it gives none, shares of tokens.
    """
    tokens = {name: counts["tokens"] for name, counts in totals[TRAIN].items()}
    declared = any("weight" in subset for subset in manifest.recipe.get("subsets", ()))
    left = {name: weight for name, weight in manifest.weights.items() if tokens.get(name)}
    if declared and len(left) == len(manifest.weights):
        return dict(manifest.weights)
    raw = left if declared else {name: float(tokens[name]) for name in left}
    total = sum(raw.values())
    return {name: value / total for name, value in raw.items()}
