"""One pass of one contestant of `loader.py`, timed alike in every environment.

A contestant is a process that prepares its data, says so, and then runs one pass for each line that
it is sent: `{"name": ..., "max_seconds": ...}`. So all stand ready, with files in the page cache,
and the order of their runs can alternate. Only NumPy and PyTorch are needed, here and at the peers.

A pass yields pairs of int64 [B, T] tensors, inputs and their next tokens; both are summed for every
batch, so that nothing lazy escapes its work.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

Pair = tuple[torch.Tensor, torch.Tensor]
Passes = dict[str, Callable[[], Iterable[Pair]]]

SEQUENCE_LENGTH = 2048
BATCH_SIZE = 8
WEIGHTS = (0.5, 0.3, 0.2)
"""Of the three sources of the mixing rows."""


def cpu_seconds() -> float:
    """Of this process with all its threads, and of children that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    found = [resource.getrusage(one) for one in who]
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


def measure(batches: Iterable[Pair], max_seconds: float) -> dict[str, Any]:
    """Consume a pass, or as much of it as fits into the time.

    Args:
        batches: Made anew for this pass.
        max_seconds: From the first batch on.

    Returns:
        tokens and seconds after the first batch, its own seconds, process CPU seconds after it, the
        99th percentile of the time waited for a batch, the sums, and whether the pass ended.
    """
    begun = time.perf_counter()
    waiting: list[float] = []
    num_tokens = sum_inputs = sum_labels = 0
    source = iter(batches)
    first_seconds = start = cpu = 0.0
    shape = (BATCH_SIZE, SEQUENCE_LENGTH)
    complete = False
    while True:
        asked = time.perf_counter()
        try:
            inputs, labels = next(source)
        except StopIteration:
            complete = True
            break
        got = time.perf_counter()
        for tensor in (inputs, labels):
            if tensor.dtype != torch.int64 or tensor.shape != shape or not tensor.is_contiguous():
                raise ValueError(f"expected contiguous int64 {shape}, found {tensor.shape}")
        sum_inputs += int(inputs.sum())
        sum_labels += int(labels.sum())
        if not start:
            first_seconds, start, cpu = got - begun, time.perf_counter(), cpu_seconds()
            continue
        num_tokens += inputs.numel()
        waiting.append(got - asked)
        if got - start > max_seconds:
            break
    return {
        "tokens": num_tokens,
        "seconds": time.perf_counter() - start,
        "cpu_seconds": cpu_seconds() - cpu,
        "first_seconds": first_seconds,
        "p99_seconds": float(np.quantile(waiting, 0.99)),
        "sum_inputs": sum_inputs,
        "sum_labels": sum_labels,
        "complete": complete,
    }


def in_batches(samples: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Samples stacked by `BATCH_SIZE`, without what does not fill the last batch.

    For peers that PyTorch's DataLoader, without workers, only slows down.
    """
    waiting = []
    for sample in samples:
        waiting.append(sample)
        if len(waiting) == BATCH_SIZE:
            yield np.stack(waiting)
            waiting = []


def pairs(batches: Iterable[np.ndarray]) -> Iterator[Pair]:
    """Inputs and labels from stacked samples [B, T + 1] of any integers."""
    for batch in batches:
        inputs = torch.from_numpy(batch[:, :-1].astype(np.int64))
        yield inputs, torch.from_numpy(batch[:, 1:].astype(np.int64))


def serve(prepare: Callable[[Path], tuple[Passes, str]]) -> None:
    """Prepare in the folder that the command line names; run the passes that are asked for.

    Args:
        prepare: Given the folder, writes what it needs; returns the passes and who runs them.
    """
    torch.set_num_threads(1)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages and their processes print is no answer
    passes, version = prepare(Path(sys.argv[1]))
    print(json.dumps({"version": version, "passes": list(passes)}), file=answers, flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        found = measure(passes[wanted["name"]](), wanted["max_seconds"])
        print(json.dumps(found), file=answers, flush=True)
