"""What every rule must hold, as a check for tests: of Haybale's own, and of other packages'."""

import pickle
from collections.abc import Sequence

import pyarrow as pa

from haybale.quality.rules.rule import Rule
from haybale.quality.text import TextBatch

ODD_TEXTS = ("", " ", "\n\n", "\0", "...", "a", "é\u0301\U0001f600", "x" * 10_000, ".\n" * 50)


def check_rule(rule: Rule, texts: Sequence[str] = (), language: str | None = "en") -> None:
    """Check a rule on texts of one's own and on odd ones.

    It measures every text, with what it says it gives; the number depends on the text alone, not on
    those beside it; and it can be sent to workers.

    Args:
        rule: As `rules()` has it.
        texts: More to try it on.
        language: Of all of them.

    Raises:
        AssertionError: Saying which law is broken, and where.
        RecipeError: If it returns something else than a Measure.
    """
    every = [*texts, *ODD_TEXTS]
    together = _measured(rule, every, language)
    for text, number in zip(every, together, strict=True):
        alone = _measured(rule, [text], language)[0]
        assert alone == number, (
            f"{rule.name}: a text's number must not depend on those beside it; {text[:60]!r} "
            f"alone gives {alone}, among others {number}"
        )
        assert number[1] >= 0, f"{rule.name}: {text[:60]!r} has the denominator {number[1]}"
    backwards = _measured(rule, every[::-1], language)
    assert backwards[::-1] == together, f"{rule.name}: the order of texts must change no number"
    assert pickle.loads(pickle.dumps(rule)).name == rule.name


def _measured(rule: Rule, texts: Sequence[str], language: str | None) -> list[tuple[int, int]]:
    labels = pa.array([language] * len(texts), pa.string())
    found = rule.measured(TextBatch.split(pa.array(texts, pa.large_string()), labels))
    return list(zip(found.numerator.tolist(), found.denominator.tolist(), strict=True))
