"""Whether the best learning rate stays where it is when the model becomes wider.

    python benchmarks/mup.py [--corpus DIR] [--widths 64 128 256] [--steps 100] [--seeds 0 1 2]

1. Small models of each width learn a corpus (by default web pages and news), once with muP
   (`base_width`, Yang et al. 2022, arXiv 2203.03466) and once without. Learning rates a factor of
   two apart are tried until the one of least loss, the mean over seeds, has a worse one on either
   side; the best rate is where a parabola through these three, loss over the rate's logarithm, is
   lowest. With muP it should stay within a factor of two from the narrowest to the widest. Without,
   it falls.
2. The coordinate check at widths 64 to 1,024 on batches of the same corpus: how far activations
   move in ten steps, and the exponent of the width that fits best. 0 is flat.

About ten minutes of one core that does nothing else; `--processes` divides them.
"""

import argparse
import itertools
import json
import math
import multiprocessing
import statistics
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from small_corpus import WEB, build, has_real_text

from haybale.loaders import TokenDataset, TokenLoader
from haybale.training.coordinates import coordinate_slopes, moved_coordinates
from haybale.training.model import MODEL_FIELDS, ModelSettings
from haybale.training.recipe import TrainingRecipe, TrainingSettings
from haybale.training.train import train

Losses = dict[int, float]
"""By the power of two that the learning rate is."""
Tried = dict[int, list[float]]
"""Likewise, of each seed."""
FIRST_POWER = -6
"""Of two: the rate at which the search begins."""
HEAD_WIDTH = 16
DEPTH, LENGTH, BATCH = 2, 64, 8
MAX_FACTOR = 2.0
CHECKED_WIDTHS = (64, 128, 256, 512, 1024)
CHECKED_STEPS, CHECKED_RATE = 10, 2.0**-7
"""About the base's best rate: at a tenth of it and in fewer steps logits move by the first readout,
which falls with the square root of the width, and not by what was learned."""


def settings_of(width: int, base_width: int | None) -> ModelSettings:
    return ModelSettings(DEPTH, width, width // HEAD_WIDTH, base_width=base_width)


def validation_loss(
    corpus: Path, model: ModelSettings, rate: float, num_steps: int, seed: int
) -> float:
    """Nats per token of held-out text."""
    torch.set_num_threads(1)
    settings = TrainingSettings(
        sequence_length=LENGTH,
        batch_size=BATCH,
        learning_rate=rate,
        tokens=num_steps * BATCH * LENGTH,
        warmup_fraction=0.1,
        seed=seed,
        checkpoint_every=num_steps,
        validation_samples=256,
    )
    with tempfile.TemporaryDirectory() as output:
        result = train(TrainingRecipe("mup", model, settings), corpus, Path(output))
    assert result.validation
    return result.validation.loss


def best_rate(losses: Losses) -> float:
    """Where a parabola through the best and its neighbours is lowest; at an end, the end."""
    best = min(losses, key=lambda power: losses[power])
    near = (best - 1, best, best + 1)
    if not losses.keys() >= set(near):
        return 2.0**best
    curve, slope, _ = np.polyfit(near, [losses[power] for power in near], 2)
    return float(2 ** (-slope / (2 * curve)))


def losses_about_the_best(loss_at: Callable[[list[int]], list[list[float]]], first: int) -> Tried:
    """Losses of each seed at powers of two, until the best mean has a worse one on either side.

    Args:
        loss_at: For each power asked for, the loss of each seed.
        first: Power to begin about.
    """
    tried: Tried = {}
    best = first
    while missing := [one for one in (best - 1, best, best + 1) if one not in tried]:
        tried |= dict(zip(missing, loss_at(missing), strict=True))
        best = min(tried, key=lambda power: statistics.fmean(tried[power]))
    return tried


def print_rates(
    pool: Executor, corpus: Path, widths: list[int], num_steps: int, seeds: list[int]
) -> dict[str, float]:
    """Of the models with muP and of those without: largest over smallest of the best rates."""
    print("| | width | best rate | of each seed alone | least loss |")
    print("|---|--:|--:|---|--:|")
    factors = {}
    for name, base_width in (("muP", min(widths)), ("without", None)):
        best: list[float] = []
        for width in widths:
            model = settings_of(width, base_width)

            def loss_at(powers: list[int], model: ModelSettings = model) -> list[list[float]]:
                asked = [
                    (corpus, model, 2.0**one, num_steps, seed) for one in powers for seed in seeds
                ]
                losses = list(pool.map(validation_loss, *zip(*asked, strict=True)))
                return [losses[at : at + len(seeds)] for at in range(0, len(losses), len(seeds))]

            begin = round(math.log2(best[-1])) if best else FIRST_POWER
            tried = losses_about_the_best(loss_at, begin)
            means = {power: statistics.fmean(losses) for power, losses in tried.items()}
            best.append(best_rate(means))
            alone = [
                best_rate({power: losses[at] for power, losses in tried.items()})
                for at in range(len(seeds))
            ]
            each = ", ".join(f"{rate:.4f}" for rate in alone)
            least = min(means.values())
            print(f"| {name} | {width} | {best[-1]:.4f} | {each} | {least:.3f} |", flush=True)
        factors[name] = max(best) / min(best)
    return factors


def print_coordinates(corpus: Path) -> None:
    """How far each layer moves at each width, with muP and without."""
    dataset = TokenDataset(corpus, LENGTH, seed=0)
    loader = TokenLoader(dataset, BATCH, num_samples=CHECKED_STEPS * BATCH, fields=MODEL_FIELDS)
    batches = list(itertools.islice(iter(loader), CHECKED_STEPS))
    loader.close()
    size = dataset.token_format.vocabulary_size
    shown = " | ".join(map(str, CHECKED_WIDTHS))
    print(f"\n| movement, 1e-3 | layer | {shown} | exponent |")
    print("|---|---|" + "--:|" * (len(CHECKED_WIDTHS) + 1))
    for name, base_width in (("muP", min(CHECKED_WIDTHS)), ("without", None)):
        settings = settings_of(min(CHECKED_WIDTHS), base_width)
        slopes = coordinate_slopes(settings, CHECKED_WIDTHS, size, batches, CHECKED_RATE)
        moved = [
            moved_coordinates(
                replace(settings, width=width, heads=width // HEAD_WIDTH),
                size,
                batches,
                CHECKED_RATE,
            )
            for width in CHECKED_WIDTHS
        ]
        for layer, slope in slopes.items():
            each = " | ".join(f"{1e3 * one[layer]:.3g}" for one in moved)
            print(f"| {name} | {layer} | {each} | {slope:+.2f} |", flush=True)
        low, high = min(slopes.values()), max(slopes.values())
        print(f"| {name} | exponents | {' | ' * len(CHECKED_WIDTHS)}{low:+.2f} to {high:+.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="what haybale build wrote")
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    if not args.corpus and not has_real_text():
        return
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        corpus = args.corpus or build(WEB, Path(folder) / "web")
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(args.processes, spawn) as pool:
            factors = print_rates(pool, corpus, args.widths, args.steps, args.seeds)
        print_coordinates(corpus)
    ours, theirs = factors["muP"], factors["without"]
    print(f"\nbest rates lie within a factor of {ours:.2f} with muP, of {theirs:.2f} without")
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
