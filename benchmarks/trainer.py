"""Haybale's trainer beside a plain loop: the same tokens, the same steps, bits per byte after them.

    python benchmarks/trainer.py [--corpus DIR] [--seeds 0 1 2] [--width 128] [--steps 600]
        [--models gpt gpt-small-start plain]

A model of 1.1 million parameters (with `--width 64` of a third of that) learns English novels, news
and web text, of which `haybale build` makes a corpus; or DIR, a finished one. `gpt` is nanoGPT's
model in a loop of its style, with as many parameters or up to 3 % more; `plain` is Haybale's
architecture in the same loop, from the first weights that Haybale's trainer draws: what differs is
the trainer's alone, and should be within 2 % either way. `gpt` begins with weights of its own, of
deviation 0.02 as GPT-2's, which is little for so narrow a model; `gpt-small-start` begins with
those of a deviation as small as Haybale's. Their draw differs: look at all seeds. See
`trainer_peer.py`. Each gets the samples that Haybale's loader gives, in that order, with the same
rates and batches, and what each has learned is measured on the same held-out samples, one process
and thread for all, one model after the other.

A ratio is Haybale's bits per byte over the peer's: below 1 is better, and 1.02 is what is allowed.
CPU seconds are of the steps, without opening, validation and checkpoints; the peer's samples lie in
memory before its clock starts.
"""

import argparse
import json
import math
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from small_corpus import has_real_text
from trainer_corpora import english_corpus
from trainer_peer import GPT, GPTSmallStart, PlainLlama, Samples, Shape, mean_loss, train_plainly

from haybale.corpus.digests import derive_seed
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset, TokenLoader
from haybale.training.model import Decoder, ModelSettings
from haybale.training.recipe import TrainingRecipe, TrainingSettings
from haybale.training.report import StepReport
from haybale.training.train import train

DEPTH = 4
HEAD_WIDTH = 32
HIDDEN_RATIO = 45 / 16
"""Of the feed-forward layer: then a block has 3.6 % more parameters than GPT-2's, which has its
positions beside."""
LENGTH, BATCH = 256, 8
WARMUP_FRACTION = 0.05
VALIDATION_SAMPLES = 256
PEERS = {"gpt": GPT, "gpt-small-start": GPTSmallStart, "plain": PlainLlama}
MAX_RATIO = 1.02


@dataclass(frozen=True)
class Outcome:
    """Of a training run; seconds are of a million tokens."""

    bits_per_byte: float
    cpu_seconds: float
    seconds: float
    num_parameters: int


class Clock:
    """Reads the time, of the CPU and of the wall, after each step."""

    def __init__(self) -> None:
        self.readings: list[tuple[float, float]] = []

    def read(self, report: StepReport | None = None) -> None:
        self.readings.append((time.process_time(), time.perf_counter()))

    def seconds(self, last: int, num_steps: int) -> tuple[float, float]:
        """Of a million tokens, by the time from the first reading to this one."""
        scale = 1e6 / (num_steps * BATCH * LENGTH)
        (first_cpu, first_wall), (cpu, wall) = self.readings[0], self.readings[last]
        return (cpu - first_cpu) * scale, (wall - first_wall) * scale


def settings_of(width: int) -> ModelSettings:
    return ModelSettings(DEPTH, width, width // HEAD_WIDTH, int(width * HIDDEN_RATIO))


def ours(corpus: Path, seed: int, width: int, steps: int, rate: float) -> Outcome:
    """Haybale's trainer."""
    settings = TrainingSettings(
        sequence_length=LENGTH,
        batch_size=BATCH,
        learning_rate=rate,
        tokens=steps * BATCH * LENGTH,
        warmup_fraction=WARMUP_FRACTION,
        seed=seed,
        checkpoint_every=steps,
        validation_samples=VALIDATION_SAMPLES,
    )
    clock = Clock()
    with tempfile.TemporaryDirectory() as output:
        recipe = TrainingRecipe("trainer", settings_of(width), settings)
        result = train(recipe, corpus, Path(output), on_step=clock.read)
    assert result.validation
    cpu, wall = clock.seconds(-2, steps - 2)  # the last step is read after validation
    return Outcome(result.validation.bits_per_byte, cpu, wall, result.plan.num_parameters)


def peer(name: str, corpus: Path, seed: int, width: int, steps: int, rate: float) -> Outcome:
    """The plain loop, with one of `PEERS`."""
    # GPT does not know of documents, and learns what begins the next one.
    across = name.startswith("gpt")
    dataset = TokenDataset(corpus, LENGTH, seed=seed, labels_across_documents=across)
    training = samples(dataset, steps * BATCH)
    held_out = TokenDataset(corpus, LENGTH, shuffle=None, split="validation", weights=None)
    if len(held_out) < VALIDATION_SAMPLES:
        raise SystemExit(f"{corpus}: expected {VALIDATION_SAMPLES} samples for validation")
    validation = samples(held_out, VALIDATION_SAMPLES)
    vocabulary_size = dataset.token_format.vocabulary_size
    torch.manual_seed(seed)
    heads, hidden_width = width // HEAD_WIDTH, int(width * HIDDEN_RATIO)
    model = PEERS[name](Shape(vocabulary_size, LENGTH, DEPTH, width, heads, hidden_width))
    if isinstance(model, PlainLlama):
        take_first_weights(model, seed, vocabulary_size, settings_of(width))
    clock = Clock()
    clock.read()
    train_plainly(model, training, BATCH, max(1, round(steps * WARMUP_FRACTION)), rate)
    clock.read()
    cpu, wall = clock.seconds(-1, steps)
    bits = mean_loss(model, validation, BATCH) / math.log(2) * tokens_per_byte(corpus)
    return Outcome(bits, cpu, wall, sum(one.numel() for one in model.parameters()))


@torch.no_grad()
def take_first_weights(
    model: PlainLlama, seed: int, vocabulary_size: int, settings: ModelSettings
) -> None:
    """Those that Haybale's trainer draws for a seed."""
    torch.manual_seed(derive_seed(seed, "model"))
    decoder = Decoder(settings, vocabulary_size)
    model.embedding.weight.copy_(decoder.embedding.weight)
    for block, drawn in zip(model.blocks, decoder.blocks, strict=True):
        gate, up = drawn.gate_and_up.weight.chunk(2)
        block.qkv.weight.copy_(drawn.attention_in.weight)
        block.attention_residual.weight.copy_(drawn.attention_out.weight)
        block.gate.weight.copy_(gate)
        block.up.weight.copy_(up)
        block.hidden_residual.weight.copy_(drawn.down.weight)


def samples(dataset: TokenDataset, count: int) -> Samples:
    """The first samples of a sequence, as the trainer gets them."""
    fields = ("input_ids", "labels", "position_ids")
    with TokenLoader(dataset, BATCH, num_samples=count, fields=fields, device="cpu") as loader:
        batches = [[batch[name].clone() for name in fields] for batch in loader]
    return Samples(*(torch.cat(parts) for parts in zip(*batches, strict=True)))


def tokens_per_byte(corpus: Path) -> float:
    """Of the validation split."""
    totals = read_manifest(Folder(str(corpus))).totals["validation"].values()
    return sum(one["tokens"] for one in totals) / sum(one["text_bytes"] for one in totals)


def compare(corpus: Path, args: argparse.Namespace) -> dict[str, list[Outcome]]:
    """Runs of each model, by seed."""
    names = ["haybale", *args.models]
    runs: dict[str, list[Outcome]] = {name: [] for name in names}
    for seed in args.seeds:
        for name in names:
            given = (corpus, seed, args.width, args.steps, args.learning_rate)
            outcome = ours(*given) if name == "haybale" else peer(name, *given)
            runs[name].append(outcome)
            told = f"{outcome.bits_per_byte:.4f} bits per byte"
            cost = f"{outcome.cpu_seconds:.1f} CPU s per million tokens"
            print(f"seed {seed}, {name}: {told}, {cost}", flush=True)
    return runs


def print_table(runs: dict[str, list[Outcome]], seeds: list[int]) -> dict[str, float]:
    """What came of it, and the median ratio by peer."""
    print(
        f"\n| | parameters | {' | '.join(f'seed {seed}' for seed in seeds)} | ratios | median ",
        end="",
    )
    print("| tokens/s | CPU s per million tokens |")
    print(f"|---|--:|{'--:|' * len(seeds)}---|--:|--:|--:|")
    medians = {}
    for name, outcomes in runs.items():
        pairs = zip(runs["haybale"], outcomes, strict=True)
        ratios = [mine.bits_per_byte / theirs.bits_per_byte for mine, theirs in pairs]
        medians[name] = statistics.median(ratios)
        bits = " | ".join(f"{one.bits_per_byte:.4f}" for one in outcomes)
        compared = (
            " | "
            if name == "haybale"
            else (f"{', '.join(f'{ratio:.4f}' for ratio in ratios)} | {medians[name]:.4f}")
        )
        speed = statistics.median(1e6 / one.seconds for one in outcomes)
        cpu = statistics.median(one.cpu_seconds for one in outcomes)
        parameters = f"{outcomes[0].num_parameters:,}"
        print(f"| {name} | {parameters} | {bits} | {compared} | {speed:,.0f} | {cpu:.1f} |")
    return {name: ratio for name, ratio in medians.items() if name != "haybale"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, help="a finished one, in place of the English one")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--width", type=int, default=128, help="a multiple of 32")
    parser.add_argument("--steps", type=int, default=600, help="of 2,048 tokens; at least 3")
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--models", nargs="+", choices=sorted(PEERS), default=sorted(PEERS))
    args = parser.parse_args()
    if args.corpus is None and not has_real_text():
        return
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        runs = compare(args.corpus or english_corpus(Path(name, "english")), args)
    ratios = print_table(runs, args.seeds)
    first = args.models[0]
    result = {
        "name": "trainer",
        "ours": statistics.median(one.bits_per_byte for one in runs["haybale"]),
        "peer": statistics.median(one.bits_per_byte for one in runs[first]),
        "unit": "bits per byte, median over seeds; ratios are medians of pairs, ours over theirs",
        "ratio": ratios[first],
        "ratios": ratios,
        "peer_version": "a plain loop in the style of nanoGPT, trainer_peer.py",
    }
    print(json.dumps(result))
    assert max(ratios.values()) <= MAX_RATIO, f"expected at most {MAX_RATIO}"


if __name__ == "__main__":
    main()
