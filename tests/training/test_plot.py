import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from haybale.corpus.errors import RecipeError
from haybale.training.plot import draw_losses, draw_speed, plot_run

STEPS: list[dict[str, Any]] = [
    # 100 tokens in 1 s, and 100 in 4 s of which half waited: 2 of 5 s.
    {"step": 1, "tokens": 100, "loss": 3.0, "tokens_per_second": 100.0, "mfu": 0.4}
    | {"data_wait_fraction": 0.0},
    {"step": 2, "tokens": 200, "loss": 2.0, "tokens_per_second": 25.0, "mfu": 0.2}
    | {"data_wait_fraction": 0.5},
]
VALIDATIONS = [{"step": 2, "tokens": 200, "loss": 2.5, "bits_per_byte": 0.9}]


def test_a_panel_shows_the_losses_of_steps_and_validations() -> None:
    axes = Figure().subplots()
    draw_losses(axes, STEPS, VALIDATIONS)
    drawn = {line.get_label(): np.array(line.get_xydata()).tolist() for line in axes.lines}
    assert drawn == {"training": [[100, 3], [200, 2]], "validation": [[200, 2.5]]}
    assert "0.900 bits per byte" in axes.get_title()


def test_a_panel_shows_the_speed_and_what_is_typical_of_it() -> None:
    axes = Figure().subplots()
    draw_speed(axes, STEPS)
    assert np.array(axes.lines[0].get_xydata()).tolist() == [[100, 100], [200, 25]]
    # Medians of 100 and 25, and of 40 % and 20 %; 2 of 5 s waited.
    assert axes.get_title() == "62.5 tokens/s, MFU 30.0%, data wait 40.00%"


def test_a_run_is_drawn_to_the_same_bytes(tmp_path: Path) -> None:
    for name, lines in (("steps.jsonl", STEPS), ("validations.jsonl", VALIDATIONS)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in ("a.svg", "b.svg"):
        plot_run(tmp_path, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_run_without_steps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"steps\.jsonl: expected steps .* found none"):
        plot_run(tmp_path, tmp_path / "a.svg")
