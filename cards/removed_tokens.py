"""How many tokens removed documents would have had, estimated from some that were tokenized."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from haybale.cards.fact import Fact, exact, not_measured
from haybale.cards.intervals import MIN_SAMPLE, ratio_of_sums, student_t
from haybale.cards.ledger_sums import LedgerSums
from haybale.cards.measured import TokenRate
from haybale.corpus.ledger import Amount, Outcome

SOURCE = (
    "ratio estimator: bytes times sampled tokens per sampled byte (Cochran 1977, section 6.4); the "
    "interval is wider by a fifth of the tokens of what was too long to be tokenized whole"
)

BEGINNINGS_ERROR = 0.2
"""By how much tokens per byte of the rest of a text may differ from those of its beginning, which
alone is tokenized. Of 20 groups of removed duplicates (code, Markdown, web pages, encyclopedias,
news, questions), beginnings of 2,000 characters had from 17 % fewer to 19 % more tokens per byte
than the whole texts; without this allowance, 6 of 13 intervals missed the truth."""


@dataclass(frozen=True)
class Stratum:
    """What a rule removed of a subset, and a sample of it that was tokenized."""

    removed: Amount
    sample: TokenRate

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all of it, every byte."""
        removed, sample = self.removed, self.sample
        whole = (removed.documents, removed.text_bytes)
        return (sample.documents, sample.text_bytes) == whole

    @property
    def unseen_fraction(self) -> float:
        """Share of the removed bytes that a sample of beginnings says nothing of, estimated."""
        seen = self.sample.text_bytes / self.sample.documents * self.removed.documents
        return max(0.0, 1 - seen / self.removed.text_bytes)

    def joined(self, other: "Stratum") -> "Stratum":
        """Both as one."""
        one, two = vars(self.sample), vars(other.sample)
        sums = {name: one[name] + two[name] for name in one if isinstance(one[name], int)}
        return Stratum(self.removed + other.removed, TokenRate(**{**one, **sums}))


def removed_tokens(sums: LedgerSums, rates: Iterable[TokenRate]) -> list[Fact]:
    """Tokens of every rule that takes documents out, by subset and in all."""
    samples = {(rate.stage, rate.rule, rate.subset): rate for rate in rates}
    outcomes: tuple[Outcome, ...] = ("dropped", "removed")
    found = []
    for outcome in outcomes:
        groups: dict[tuple[tuple[str, str], ...], list[Stratum]] = {}
        stages: dict[tuple[tuple[str, str], ...], str] = {}
        for (stage, rule, subset), amount in sums.by(
            "stage", "rule", "subset", outcomes=[outcome]
        ).items():
            nothing = TokenRate(stage, rule, subset, 0, 0, 0, 0, 0, 0)
            stratum = Stratum(amount, samples.get((stage, rule, subset), nothing))
            for of in ((("rule", rule),), (("subset", subset), ("rule", rule))):
                groups.setdefault(of, []).append(stratum)
                stages[of] = stage
        found += [
            tokens_fact(f"attrition.{outcome}.tokens", strata, stages[of], **dict(of))
            for of, strata in groups.items()
        ]
    return found


def tokens_fact(measure: str, strata: Iterable[Stratum], stage: str, **of: str) -> Fact:
    """Tokens of all strata together, with a 95 % interval where they are an estimate.

    Samples of too few documents are taken together with others of the same rule, so that a subset
    that lost nearly nothing does not hide what the others lost.

    Args:
        measure: Of the fact.
        strata: Of a rule.
        stage: Of the fact.
        **of: Its labels.

    Returns:
        `exact` where all that was removed was tokenized, `sample` where some was, and
        `not_measured` where fewer than MIN_SAMPLE documents were, or none of a subset's.
    """
    texts = [stratum for stratum in strata if stratum.removed.text_bytes]
    counted = sum(stratum.sample.tokens for stratum in texts if stratum.is_whole)
    drawn = [stratum for stratum in texts if not stratum.is_whole]
    if not drawn:
        return exact(measure, counted, "tokens", stage, **of)
    if not all(stratum.sample.text_bytes for stratum in drawn):
        return not_measured(measure, "none of what was removed was tokenized", "tokens", **of)
    gathered = _gathered(drawn)
    if gathered[0].sample.documents < MIN_SAMPLE:
        why = f"fewer than {MIN_SAMPLE} of the documents were tokenized, too few for an estimate"
        return not_measured(measure, why, "tokens", **of)
    total, spread = _estimate(gathered)
    low, high = max(0, math.floor(total - spread)), math.ceil(total + spread)
    return Fact(
        measure,
        counted + round(total),
        "tokens",
        "sample",
        of,
        stage,
        interval=(counted + low, counted + high),
        n=sum(stratum.sample.documents for stratum in texts),
        source=SOURCE,
    )


def _gathered(strata: list[Stratum]) -> list[Stratum]:
    """Strata of enough documents: the smallest samples are joined until each is large enough."""
    rising = sorted(strata, key=lambda stratum: (stratum.sample.documents, stratum.sample.subset))
    while len(rising) > 1 and rising[0].sample.documents < MIN_SAMPLE:
        joined = rising[0].joined(rising[1])
        rising = sorted([joined, *rising[2:]], key=lambda stratum: stratum.sample.documents)
    return rising


def _estimate(strata: Sequence[Stratum]) -> tuple[float, float]:
    """Tokens, and half the width of their interval.

    The strata's variances add; their degrees of freedom are Satterthwaite's (1946, Biometrics
    Bulletin 2:110), as in Cochran 1977, section 5.4. What beginnings cannot tell is added in full:
    it does not average out.
    """
    total, allowance, variances, degrees = 0.0, 0.0, [], []
    for stratum in strata:
        sample, num_bytes = stratum.sample, stratum.removed.text_bytes
        ratio = ratio_of_sums(
            sample.documents,
            sample.text_bytes,
            sample.tokens,
            sample.sum_bytes_squared,
            sample.sum_bytes_tokens,
            sample.sum_tokens_squared,
        )
        total += ratio.value * num_bytes
        allowance += BEGINNINGS_ERROR * stratum.unseen_fraction * ratio.value * num_bytes
        variances.append(ratio.variance * num_bytes**2)
        degrees.append(sample.documents - 1)
    variance = sum(variances)
    if not variance:
        return total, allowance
    shared = variance**2 / sum(
        each**2 / free for each, free in zip(variances, degrees, strict=True)
    )
    return total, student_t(shared) * math.sqrt(variance) + allowance
