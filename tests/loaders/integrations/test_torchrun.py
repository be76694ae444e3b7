"""Two processes that `torchrun` starts, over gloo, in each framework's own way."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Sequence = Callable[[int, int], list[list[int]]]
RANKS = Path(__file__).parent / "ranks.py"


def _run(
    framework: str, corpus: Path, out: Path, num_ranks: int, num_steps: int, *checkpoints: str
) -> list[list[list[list[int]]]]:
    """Rows by rank and step."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone",
        f"--nproc-per-node={num_ranks}", str(RANKS), framework, str(corpus), str(out),
        str(num_steps), *checkpoints,
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads((out / f"{rank}.json").read_text()) for rank in range(num_ranks)]


def _in_turn(ranks: list[list[list[list[int]]]]) -> list[list[int]]:
    return [row for step in zip(*ranks, strict=True) for share in step for row in share]


def test_saved_by_two_ranks_and_resumed_by_one_the_sequence_goes_on(
    two_subsets: Path, sequence: Sequence, tmp_path: Path
) -> None:
    found, loaded = [], "-"
    for attempt, num_ranks in enumerate((2, 1)):
        saved = str(tmp_path / f"checkpoint-{attempt}")
        found += _in_turn(_run("torch", two_subsets, tmp_path, num_ranks, 3, loaded, saved))
        loaded = saved
    assert found == sequence(0, 24 + 12)  # three steps each, of 4 rows for each rank


def test_ranks_of_one_model_replica_are_given_the_same_rows(
    two_subsets: Path, sequence: Sequence, tmp_path: Path
) -> None:
    first, second = _run("mesh", two_subsets, tmp_path, 2, 3)
    assert first == second
    assert [row for step in first for row in step] == sequence(0, 12)


@pytest.mark.parametrize(
    ("framework", "package"),
    [
        ("accelerate", "accelerate"),
        ("lightning", "pytorch_lightning"),
        ("transformers", "transformers"),
    ],
)
def test_a_framework_shares_out_the_sequence(
    two_subsets: Path, sequence: Sequence, tmp_path: Path, framework: str, package: str
) -> None:
    if not find_spec(package):
        pytest.skip(f"needs {package}")
    assert _in_turn(_run(framework, two_subsets, tmp_path, 2, 3)) == sequence(0, 24)
