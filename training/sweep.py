"""The runs of a sweep, one after the other, and the file of their losses."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.training.counted import OnTokens, train_counted, unheard
from haybale.training.logs import VALIDATIONS, read_log
from haybale.training.sweep_grid import GridRun

RUNS_FILE = "runs.csv"
COLUMNS = ("run", "params", "tokens", "loss", "bits_per_byte")
"""Of `runs.csv`; the last one is for people, `haybale fit` reads the others."""
_IDENTITY = "run.json"

OnRun = Callable[[GridRun], None]


def is_finished(run: GridRun, output: Path) -> bool:
    """Whether the sweep in this folder has the run's last loss."""
    validations = read_log(output / run.name / VALIDATIONS)
    last_step = run.recipe.training.num_steps(run.num_parameters)
    return bool(validations) and validations[-1]["step"] == last_step


def final_losses(grid: Sequence[GridRun], output: Path) -> dict[str, float]:
    """Last validation loss of each run, in nats per token, by its name; all must be finished."""
    return {run.name: float(read_log(output / run.name / VALIDATIONS)[-1]["loss"]) for run in grid}


def check_identities(grid: Sequence[GridRun], data: Path, output: Path) -> None:
    """Refuse a folder in which a run of the grid was another one.

    Raises:
        ManifestMismatchError: Naming the first difference.
    """
    corpus = read_manifest(Folder(str(data))).digest
    for run in grid:
        path = output / run.name / _IDENTITY
        if not path.exists():
            continue
        here, there = _identity(run, corpus), json.loads(path.read_text(encoding="utf-8"))
        for key, value in here.items():
            if there.get(key) != value:
                raise ManifestMismatchError(
                    f"{path}: belongs to another sweep ({key} is {there.get(key)!r} there, "
                    f"{value!r} here); go on with its corpus and budgets, or name another folder"
                )


def sweep(
    grid: Sequence[GridRun],
    data: Path,
    output: Path,
    device: str = "cpu",
    *,
    on_run: OnRun | None = None,
    on_tokens: OnTokens | None = None,
) -> Path:
    """Train what is not trained yet, and write the training curves of all.

    Stopped at any moment, it goes on when called again: finished runs are not done again, and the
    one that was under way goes on from its last checkpoint.

    Args:
        grid: The runs.
        data: A finished corpus.
        output: Folder with a folder for each run, and `runs.csv` of those that are finished.
        device: As PyTorch names it.
        on_run: Called before each run that is not finished.
        on_tokens: Told how many more tokens of unfinished runs are done.

    Returns:
        Path of `runs.csv`: validation losses over tokens, in the form that
        `haybale.scaling.runs_file.read_runs` reads.

    Raises:
        ManifestMismatchError: If the folder belongs to another sweep.
        RecipeError: If corpus and device do not fit.
        HaybaleError: If a loss is no longer a number.
    """
    check_identities(grid, data, output)
    corpus = read_manifest(Folder(str(data))).digest
    for run in grid:
        if is_finished(run, output):
            continue
        if on_run:
            on_run(run)
        identity = json.dumps(_identity(run, corpus), indent=2) + "\n"
        Folder(str(output / run.name)).commit_bytes(_IDENTITY, identity.encode())
        train_counted(run.recipe, data, output / run.name, device, on_tokens or unheard)
        finished = [each for each in grid if is_finished(each, output)]
        Folder(str(output)).commit_bytes(RUNS_FILE, _table(finished, output).encode())
    Folder(str(output)).commit_bytes(RUNS_FILE, _table(grid, output).encode())
    return output / RUNS_FILE


def _table(grid: Sequence[GridRun], output: Path) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for run in grid:
        for line in read_log(output / run.name / VALIDATIONS):
            measured = (line["tokens"], line["loss"], line["bits_per_byte"])
            writer.writerow((run.name, run.num_parameters, *measured))
    return text.getvalue()


def _identity(run: GridRun, corpus: str) -> dict[str, Any]:
    return {"corpus": corpus, **asdict(run.recipe)}
