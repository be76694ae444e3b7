"""What a shuffle buys: a corpus that is sorted by source, trained on in three orders.

    python benchmarks/shuffled_training.py [--seeds 0 1] [--source-bytes 200000] [--plot FILE]

Five sources of as many bytes (`SORTED` of trainer_corpora.py) stand in one subset, one after the
other, in some 60 shards. Haybale's trainer passes through them once, with the loader's `shuffle`
off (None), "block" (a block is a shard, and a window has 8 of them: an eighth of the corpus), and
"full". The recipe has no key for it: the trainer's dataset is opened with the option here. Bits per
byte are of text held out of each source, and their mean; the less the better.

What holds here is the worst case: within a window of a sorted corpus there may be no document of
some source. A corpus whose documents were shuffled before they were written has no such windows.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from small_corpus import has_real_text
from trainer_corpora import NUM_SHARDS, SORTED, sorted_corpus

from haybale.cli.plot_flag import check_plot
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset
from haybale.training import train as trainer
from haybale.training.checkpoint import load_checkpoint
from haybale.training.evaluate import Validator
from haybale.training.logs import STEPS, read_log
from haybale.training.model import Decoder, ModelSettings
from haybale.training.ranks import joined_ranks
from haybale.training.recipe import TrainingRecipe, TrainingSettings

MODEL = ModelSettings(depth=4, width=64, heads=2)
LENGTH, BATCH = 256, 8
WINDOW_BLOCKS = 8
ORDERS = ("off", "block", "full")
SMOOTHED_STEPS = 8
EVERYTHING = 1 << 30


def options(order: str, num_tokens: int) -> dict[str, object]:
    """Of `TokenDataset`."""
    if order != "block":
        return {"shuffle": None if order == "off" else order}
    size = num_tokens // NUM_SHARDS
    return {"shuffle": order, "block_tokens": size, "window_blocks": WINDOW_BLOCKS}


def trained(corpus: Path, output: Path, order: str, seed: int, rate: float) -> list[float]:
    """Losses of the steps of one pass through the corpus; the model is in the checkpoint."""
    num_tokens = read_manifest(Folder(str(corpus))).totals["train"]["all"]["tokens"]
    steps = num_tokens // (BATCH * LENGTH)
    settings = TrainingSettings(
        sequence_length=LENGTH,
        batch_size=BATCH,
        learning_rate=rate,
        tokens=steps * BATCH * LENGTH,
        warmup_fraction=0.05,
        seed=seed,
        checkpoint_every=steps,
        validation_samples=0,
    )
    chosen = options(order, num_tokens)

    def ordered(*given: Any, **settings: Any) -> TokenDataset:
        """As no recipe asks for it: without a shuffle, and in windows of a small corpus."""
        return TokenDataset(*given, **(settings | chosen))

    with mock.patch.object(trainer, "TokenDataset", ordered):
        trainer.train(TrainingRecipe("shuffled", MODEL, settings), corpus, output)
    return [float(line["loss"]) for line in read_log(output / STEPS)]


def measured(run: Path, held_out: dict[str, Path]) -> dict[str, float]:
    """Bits per byte of each source, by the run's last checkpoint."""
    saved = load_checkpoint(run)
    assert saved
    model = Decoder(MODEL, len(saved["model"]["embedding.weight"]))
    model.load_state_dict(saved["model"])
    with joined_ranks("cpu") as ranks:
        return {
            source: Validator(path, LENGTH, BATCH, EVERYTHING, ranks).measure(model).bits_per_byte
            for source, path in held_out.items()
        }


def draw(path: Path, losses: dict[str, list[float]], bits: dict[str, dict[str, float]]) -> None:
    """The training loss of each order over the pass, and what each has learned of each source."""
    from haybale.scaling.plots.figure import COLOURS, written_figure

    with written_figure(path, num_panels=2) as (left, right):
        for number, order in enumerate(ORDERS):
            kernel = np.ones(SMOOTHED_STEPS) / SMOOTHED_STEPS
            smooth = np.convolve(losses[order], kernel, mode="valid")
            at = np.linspace(SMOOTHED_STEPS / len(losses[order]), 1, len(smooth))
            left.plot(at, smooth, color=COLOURS[number], lw=1.2, label=f"shuffle {order}")
            places = np.arange(len(SORTED)) + 0.27 * (number - 1)
            right.bar(places, list(bits[order].values()), 0.25, color=COLOURS[number], label=order)
        left.set(
            xlabel="share of the pass", ylabel=f"nats per token, mean of {SMOOTHED_STEPS} steps"
        )
        left.set_title("Training loss")
        left.legend()
        right.set_xticks(range(len(SORTED)), [name.replace(" ", "\n", 1) for name in SORTED])
        right.set(ylabel="bits per byte")
        right.set_title("Held-out text, in the corpus's order")
        right.legend()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--source-bytes", type=int, default=200_000, help="of each source")
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--plot", type=Path, help="file to draw the first seed into, .png or .svg")
    args = parser.parse_args()
    if not has_real_text():
        return
    check_plot(args.plot)
    torch.set_num_threads(1)
    bits: dict[str, list[dict[str, float]]] = {order: [] for order in ORDERS}
    losses: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        corpus, held_out = sorted_corpus(Path(name, "sorted"), args.source_bytes)
        for seed in args.seeds:
            for order in ORDERS:
                run = Path(name, f"{order}-{seed}")
                steps = trained(corpus, run, order, seed, args.learning_rate)
                losses.setdefault(order, steps)
                bits[order].append(measured(run, held_out))
                mean = statistics.fmean(bits[order][-1].values())
                print(f"seed {seed}, {order}: {mean:.4f} bits per byte", flush=True)
    print(f"\n| shuffle | {' | '.join(SORTED)} | mean | mean by seed |")
    print(f"|---|{'--:|' * len(SORTED)}--:|---|")
    means = {}
    for order, runs in bits.items():
        by_seed = [statistics.fmean(run.values()) for run in runs]
        means[order] = statistics.fmean(by_seed)
        each = " | ".join(f"{statistics.fmean(run[one] for run in runs):.3f}" for one in SORTED)
        shown = ", ".join(f"{mean:.4f}" for mean in by_seed)
        print(f"| {order} | {each} | {means[order]:.4f} | {shown} |")
    if args.plot:
        draw(args.plot, losses, {order: runs[0] for order, runs in bits.items()})
    result = {
        "name": "shuffled_training",
        "ours": means["full"],
        "peer": means["off"],
        "unit": "bits per byte, mean over sources and seeds",
        "ratio": means["full"] / means["off"],
        "block": means["block"],
        "peer_version": "the same trainer with shuffle=None",
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
