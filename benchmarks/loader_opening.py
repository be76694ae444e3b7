"""What `loader_startup.py` measures, each in a process of its own.

python loader_opening.py measure|measure_cold CORPUS
python loader_opening.py consume CORPUS BATCH_SIZE TOUCHED
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from haybale.loaders import TokenDataset, TokenLoader

NUM_STEPS = 200
RATE = 20_000_000
"""Tokens a second that the consumer takes."""

CONSUMER_SECONDS = 10.0


def seconds(do: Callable[[], Any]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def memory() -> dict[str, float]:
    """MB of this process: its peak, and its share now, anonymous and of files."""
    found = {}
    for name in ("smaps_rollup", "status"):
        for line in Path("/proc/self", name).read_text().splitlines():
            key, _, value = line.partition(":")
            if key in ("Pss_Anon", "Pss_File", "VmHWM"):
                found[key] = int(value.split()[0]) / 1024
    return found


def measure(path: Path) -> dict[str, Any]:
    """In a process of its own: one opening, and what follows it."""
    torch.set_num_threads(1)
    torch.zeros(1).sum()
    found: dict[str, Any] = {"before": memory()}
    start = time.perf_counter()
    dataset = TokenDataset(path)
    found["open"] = time.perf_counter() - start
    loader = TokenLoader(dataset)
    batches = iter(loader)
    next(batches)
    found["first_batch"] = time.perf_counter() - start
    for percent in (0, 50, 99):
        step = len(loader) * percent // 100

        def seek(to: int = step) -> None:
            loader.seek(step=to)
            next(iter(loader))

        found[f"seek_{percent}"] = seconds(seek)
        state = json.loads(json.dumps(loader.state_dict()))
        found["state_bytes"] = len(json.dumps(state))

        with TokenLoader(dataset) as resumed:

            def resume(to: TokenLoader = resumed, saved: dict[str, Any] = state) -> None:
                to.load_state_dict(saved)
                next(iter(to))

            found[f"resume_{percent}"] = seconds(resume)
    for _, _batch in zip(range(NUM_STEPS), loader, strict=False):
        pass
    found["after"] = memory()
    loader.close()
    return found


def measure_cold(path: Path) -> dict[str, Any]:
    """In a process of its own: resume half-way, opening included."""
    torch.set_num_threads(1)
    with TokenLoader(TokenDataset(path)) as loader:
        loader.seek(step=len(loader) // 2)
        state = loader.state_dict()

    start = time.perf_counter()
    with TokenLoader(TokenDataset(path)) as loader:
        loader.load_state_dict(state)
        next(iter(loader))
        return {"resume_cold": time.perf_counter() - start}


def consume(path: Path, batch_size: int, touched: int) -> dict[str, Any]:
    """In a process of its own: a consumer that takes `RATE` tokens a second.

    Args:
        path: The corpus.
        batch_size: Samples of a step.
        touched: Samples taken before, at full speed.
    """
    torch.set_num_threads(1)
    with TokenLoader(TokenDataset(path), batch_size) as loader:
        batches = iter(loader)
        step_tokens = batch_size * loader.dataset.sequence_length
        for _ in range(0, touched, batch_size):
            next(batches)
        period, waited, tokens = step_tokens / RATE, 0.0, 0
        start = due = time.perf_counter()
        cpu, own = time.process_time(), time.thread_time()
        while (asked := time.perf_counter()) - start < CONSUMER_SECONDS:
            next(batches)
            waited += time.perf_counter() - asked
            tokens += step_tokens
            due = max(due + period, asked)
            time.sleep(max(0.0, due - time.perf_counter()))
        wall = time.perf_counter() - start
        threads = time.process_time() - cpu - (time.thread_time() - own)
    return {
        "waiting_fraction": waited / wall,
        "threads_cores": threads / wall,
        "rate": tokens / wall,
    }


def main() -> None:
    what, path, *numbers = sys.argv[1:]
    do = {"measure": measure, "measure_cold": measure_cold, "consume": consume}[what]
    print(json.dumps(do(Path(path), *map(int, numbers))))


if __name__ == "__main__":
    main()
