"""The ranks of a run to be tortured, as processes that are killed by SIGKILL.

They are forked from a server that has PyTorch imported, so that a death costs little. Logs and
checkpoints are files; a checkpoint appears under its name whole or not at all.
"""

import contextlib
import json
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from torture_ranks import Checkpoint, Life, Rank, Remains, Sample


def _serve(
    life: Life, rank: int, state: dict[str, Any] | None, folder: str, pipe: Connection
) -> None:
    torch.set_num_threads(1)
    one = Rank(life, rank, state, life.open())
    log = os.open(Path(folder, f"{rank}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        order, *arguments = pipe.recv()
        if order == "take":
            samples = one.take(*arguments)
            os.write(log, "".join(f"{json.dumps(sample)}\n" for sample in samples).encode())
            pipe.send(len(samples))
        elif order == "skip":
            one.loader.skip(*arguments)
            pipe.send(None)
        elif order == "state":
            pipe.send(one.state())
        elif order == "save":
            temporary, saved = Path(folder, "saved.tmp"), Path(folder, "saved.json")
            temporary.write_text(json.dumps([*arguments, one.state()]))
            temporary.replace(saved)
            pipe.send(None)


@dataclass
class KilledRanks:
    """Each rank a process, all of them killed with SIGKILL, also while they load or save.

    Args:
        life: What they are started with.
        checkpoint: Where they go on.
        folder: For logs and checkpoints; empty.
    """

    life: Life
    checkpoint: Checkpoint | None
    folder: Path
    _pipes: list[Connection] = field(default_factory=list)
    _processes: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["torch", "haybale.loaders.loader"])
        state = self.checkpoint.state if self.checkpoint else None
        for rank in range(self.life.world_size):
            ours, theirs = context.Pipe()
            arguments = (self.life, rank, state, str(self.folder), theirs)
            process = context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def _all(self, *order: Any) -> list[Any]:
        for pipe in self._pipes:
            pipe.send(order)
        return [pipe.recv() for pipe in self._pipes]

    def take(self, moment: int) -> int:
        """One step on all ranks; the samples handed out."""
        return sum(self._all("take", moment))

    def skip(self, steps: range) -> None:
        self._all("skip", steps)

    def save(self, moment: int, rank: int) -> None:
        states = self._all("state")
        assert all(state == states[0] for state in states), f"ranks differ: {states}"
        self._pipes[rank].send(("save", moment))
        self._pipes[rank].recv()

    def kill(self, moment: int, hasty: int, saving: bool) -> Remains:
        """Kill them in a step that nobody waits for, or while one of them saves."""
        orders = [(pipe, ("take", moment)) for pipe in self._pipes]
        if saving:
            orders = [(self._pipes[hasty], ("save", moment))]
        for pipe, order in orders:
            with contextlib.suppress(OSError):  # it ended by an error, which is being raised
                pipe.send(order)
        time.sleep(hasty / 1000)
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for pipe in self._pipes:
            pipe.close()
        logs = [self._read_log(rank) for rank in range(self.life.world_size)]
        saved = self.folder / "saved.json"
        return logs, Checkpoint(*json.loads(saved.read_text())) if saved.exists() else None

    def _read_log(self, rank: int) -> list[Sample]:
        path = self.folder / f"{rank}.log"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [tuple(json.loads(line)) for line in lines if line.endswith("\n")]
