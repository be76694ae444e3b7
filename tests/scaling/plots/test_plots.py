import numpy as np
import planted_runs
import pytest
from matplotlib.figure import Figure

from haybale.scaling.approaches import APPROACHES
from haybale.scaling.famous import FAMOUS
from haybale.scaling.isoflop import by_budget, fit_isoflop
from haybale.scaling.kaplan import KAPLAN
from haybale.scaling.laws import BESIROGLU, HOFFMANN_1
from haybale.scaling.plots.allocation import draw_allocation
from haybale.scaling.plots.amounts import power
from haybale.scaling.plots.contours import draw_contours, num_decimals
from haybale.scaling.plots.figure import written_figure
from haybale.scaling.plots.isoflop import draw_isoflop

MODELS = [
    ("Gopher", 280e9, 300e9),
    ("Chinchilla", 70e9, 1.4e12),
    ("GPT-3", 175e9, 300e9),
    ("Jurassic-1", 178e9, 300e9),
    ("MT-NLG", 530e9, 270e9),
]


@pytest.fixture
def axes():
    return Figure().subplots()


def test_budgets_are_powers_of_ten():
    assert power(5.76e23) == r"$5.8\times10^{23}$"


def test_losses_that_differ_in_the_third_place_are_written_with_three():
    assert num_decimals([0.190, 0.193, 0.199]) == 3
    assert num_decimals([2.0, 2.5, 3.1]) == 2


def test_the_frontier_of_contours_crosses_them_at_the_best_size(axes):
    draw_contours(axes, BESIROGLU, planted_runs.isoflops(BESIROGLU, 0, 0))
    (line,) = axes.lines
    flops, sizes = line.get_data()
    assert sizes == pytest.approx([BESIROGLU.frontier.parameters(budget) for budget in flops])
    contours = axes.collections[0]
    # A contour is leftmost, least in FLOPs, where the frontier crosses it.
    path = contours.get_paths()[6].vertices
    leftmost = path[path[:, 0].argmin()]
    assert leftmost[1] == pytest.approx(BESIROGLU.frontier.parameters(leftmost[0]), rel=0.1)


def test_minima_that_do_not_count_are_not_drawn(axes):
    runs = planted_runs.isoflops(BESIROGLU, 0, 0)
    dear = runs.flops > 1e21
    beyond = dear & (runs.parameters < 1.3 * BESIROGLU.frontier.parameters(runs.flops.max()))
    found = fit_isoflop(by_budget(runs.take(np.flatnonzero(~beyond))))
    draw_isoflop(axes, found)
    stars = axes.collections[-1].get_offsets()
    used = [profile for profile in found.profiles if profile.used]
    assert len(used) < len(found.profiles)
    assert stars[:, 0].tolist() == [profile.best_parameters for profile in used]


def test_every_model_stands_at_its_flops_and_has_its_name(axes):
    draw_allocation(axes, MODELS, {"approach 1": HOFFMANN_1, "Kaplan": KAPLAN})
    stars = axes.collections[-1].get_offsets()
    # Gopher: 6 x 280e9 x 300e9 = 5.04e23.
    assert stars[0].tolist() == pytest.approx([5.04e23, 280e9])
    assert [text.get_text() for text in axes.texts] == [name for name, _, _ in MODELS]


def test_names_do_not_cover_each_other(axes):
    draw_allocation(axes, MODELS, {"approach 1": HOFFMANN_1, "Kaplan": KAPLAN})
    axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])


def test_names_and_frontiers_of_famous_models_keep_apart(axes):
    models = [(model.name, model.params, model.tokens) for model in FAMOUS]
    frontiers = {approach.label: approach.frontier for approach in APPROACHES.values()}
    draw_allocation(axes, models, {**frontiers, "Kaplan": KAPLAN})
    axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
    assert len({line.get_color() for line in axes.lines}) == 5


def test_a_figure_is_written_with_its_text_as_text(tmp_path):
    with written_figure(tmp_path / "models.svg") as panels:
        draw_allocation(panels[0], MODELS, {"approach 1": HOFFMANN_1})
    assert ">Chinchilla</text>" in (tmp_path / "models.svg").read_text()
