"""What the flags of `haybale plan` mean: one budget, the GPUs, the corpus."""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass

from haybale.corpus.errors import RecipeError
from haybale.scaling.budget import Budget
from haybale.scaling.data_plan import tokens_that_last
from haybale.scaling.hardware import Hardware
from haybale.scaling.plan import NEARLY_FRESH_EPOCHS

_BUDGETS = ("flops", "params", "tokens", "gpu_hours")
OF_A_RUN = (
    *(*_BUDGETS, "gpu", "gpus", "mfu", "corpus", "max_epochs"),
    *("inference_tokens", "vocabulary", "output"),
)
"""Flags that say something of a run."""
_MFU = 0.4
"""A usual share; PaLM reached 46 % (Chowdhery et al. 2022, arXiv 2204.02311, table 3)."""


@dataclass(frozen=True)
class CorpusFacts:
    """Of a finished corpus.

    Attributes:
        unique_tokens: Of the training split, by subset.
        weights: By subset.
        vocabulary_size: Of its tokenizer.
        max_epochs: That any subset may be read.
    """

    unique_tokens: Mapping[str, int]
    weights: Mapping[str, float]
    vocabulary_size: int
    max_epochs: float

    def lasting(self) -> Budget:
        """All its tokens, or as many as no subset is read too often for."""
        return Budget("tokens", tokens_that_last(self.unique_tokens, self.weights, self.max_epochs))


def flag(name: str) -> str:
    """As it is typed."""
    return "--" + name.replace("_", "-")


def number(
    args: argparse.Namespace,
    name: str,
    *,
    whole: bool = False,
    zero: bool = False,
    most: float = math.inf,
) -> float | None:
    """The value of a flag; None where it is not given.

    Raises:
        RecipeError: If it is no number above 0 (or 0, where it may be), or no whole one where one
            is needed, or if it is above the most that means anything.
    """
    text = getattr(args, name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf or (zero and value == 0)) or (whole and value % 1):
        kind = "a whole number" if whole else "a number"
        least = "of at least 0" if zero else "above 0"
        raise RecipeError(f"{flag(name)}: expected {kind} {least}, found {text!r}")
    if value > most:
        raise RecipeError(f"{flag(name)}: expected at most {most:g}, found {text!r}")
    return value


def hardware_of(args: argparse.Namespace) -> Hardware | None:
    """The GPUs named; None for none.

    Raises:
        RecipeError: If a flag needs a GPU's name and there is none.
    """
    if args.gpu is None:
        for name in ("gpu_hours", "gpus", "mfu"):
            if getattr(args, name) is not None:
                raise RecipeError(f"{flag(name)}: needs the GPU too, such as --gpu h100")
        return None
    mfu, num_gpus = number(args, "mfu"), number(args, "gpus", whole=True, most=1e9)
    return Hardware(args.gpu.lower(), mfu or _MFU, int(num_gpus or 1))


def given_budget(args: argparse.Namespace, hardware: Hardware | None) -> Budget | None:
    """The one budget given; None for none.

    Raises:
        RecipeError: If there are two.
    """
    given = [name for name in _BUDGETS if getattr(args, name) is not None]
    if not given:
        return None
    if len(given) > 1:
        found = " and ".join(map(flag, given))
        raise RecipeError(f"expected one budget, found {found}; leave all but one out")
    amount = number(args, given[0])
    assert amount is not None
    if given[0] == "gpu_hours":
        assert hardware is not None
        return Budget("flops", amount * hardware.flops_per_hour)
    return Budget(given[0], amount)  # type: ignore[arg-type]


def corpus_of(args: argparse.Namespace) -> CorpusFacts | None:
    """What the plan needs to know of the corpus named; None for none.

    Raises:
        RecipeError: If a flag has no effect with it, or without it.
    """
    if args.corpus is None:
        if args.max_epochs is not None:
            raise RecipeError("--max-epochs: says how often a corpus may be read; add --corpus DIR")
        return None
    if args.vocabulary is not None:
        raise RecipeError("--vocabulary: the corpus has a tokenizer of its own; leave one out")
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder

    manifest = read_manifest(Folder(args.corpus))
    train = manifest.totals.get("train", {})
    return CorpusFacts(
        unique_tokens={name: counts["tokens"] for name, counts in train.items()},
        weights=manifest.weights,
        vocabulary_size=manifest.tokens.vocabulary_size,
        max_epochs=number(args, "max_epochs") or NEARLY_FRESH_EPOCHS,
    )
