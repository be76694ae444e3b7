"""Whether the best learning rate stays where it is when the model becomes wider.

    python benchmarks/mup.py CORPUS [--widths 64 128 256] [--steps 120] [--seeds 0 1]

Small models of each width learn a corpus at learning rates a factor of two apart, once with muP
(`base_width`, Yang et al. 2022, arXiv 2203.03466) and once without. The best rate of each width is
where a parabola through the three best points, loss over the rate's logarithm, is lowest.

With muP it should stay within a factor of two from the narrowest to the widest. Without, it falls.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch

from haybale.training.model import ModelSettings
from haybale.training.recipe import TrainingRecipe, TrainingSettings
from haybale.training.train import train

RATES = tuple(2.0**power for power in range(-11, -2))
HEAD_WIDTH = 16
DEPTH, LENGTH, BATCH = 2, 64, 8
MAX_FACTOR = 2.0


def validation_loss(
    corpus: Path, width: int, base_width: int | None, rate: float, steps: int, seed: int
) -> float:
    """Nats per token of held-out text."""
    model = ModelSettings(DEPTH, width, width // HEAD_WIDTH, base_width=base_width)
    settings = TrainingSettings(
        sequence_length=LENGTH,
        batch_size=BATCH,
        learning_rate=rate,
        tokens=steps * BATCH * LENGTH,
        warmup_fraction=0.1,
        seed=seed,
        checkpoint_every=steps,
        validation_samples=64,
    )
    with tempfile.TemporaryDirectory() as output:
        result = train(TrainingRecipe("mup", model, settings), corpus, Path(output))
    assert result.validation
    return result.validation.loss


def best_rate(losses: dict[float, float]) -> float:
    """The minimum of a parabola through the best rate and its neighbours; or that rate."""
    rates = sorted(losses)
    at = min(range(len(rates)), key=lambda number: losses[rates[number]])
    if at in (0, len(rates) - 1):
        return rates[at]
    near = rates[at - 1 : at + 2]
    curve, slope, _ = np.polyfit(np.log2(near), [losses[rate] for rate in near], 2)
    return float(2 ** (-slope / (2 * curve)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    args = parser.parse_args()
    torch.set_num_threads(1)
    factors = {}
    print("| | width | " + " | ".join(f"{rate:.4f}" for rate in RATES) + " | best |")
    print("|---|--:|" + "--:|" * (len(RATES) + 1))
    for name, base_width in (("muP", min(args.widths)), ("without", None)):
        best = {}
        for width in args.widths:
            losses = {
                rate: statistics.fmean(
                    validation_loss(args.corpus, width, base_width, rate, args.steps, seed)
                    for seed in args.seeds
                )
                for rate in RATES
            }
            best[width] = best_rate(losses)
            shown = " | ".join(f"{losses[rate]:.3f}" for rate in RATES)
            print(f"| {name} | {width} | {shown} | {best[width]:.4f} |", flush=True)
        factors[name] = max(best.values()) / min(best.values())
    print(f"\nbest rates lie within a factor of {factors['muP']:.2f} with muP, ", end="")
    print(f"of {factors['without']:.2f} without")
    ours, theirs = factors["muP"], factors["without"]
    print(
        json.dumps(
            {
                "name": "mup_learning_rate",
                "ours": round(ours, 2),
                "peer": round(theirs, 2),
                "unit": "largest over smallest best learning rate",
                "ratio": round(theirs / ours, 2),
                "peer_version": "the same model without base_width",
            }
        )
    )
    assert ours <= MAX_FACTOR, f"expected at most {MAX_FACTOR}"


if __name__ == "__main__":
    main()
