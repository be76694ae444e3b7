"""Famous models drawn against the frontiers of all approaches."""

from pathlib import Path


def draw_famous(path: Path) -> None:
    """Write the figure into a .png or .svg file."""
    from haybale.scaling.approaches import APPROACHES
    from haybale.scaling.famous import FAMOUS
    from haybale.scaling.kaplan import KAPLAN
    from haybale.scaling.plots.allocation import draw_allocation
    from haybale.scaling.plots.figure import written_figure

    models = [(model.name, model.params, model.tokens) for model in FAMOUS]
    frontiers = {approach.label: approach.frontier for approach in APPROACHES.values()}
    with written_figure(path) as (axes,):
        draw_allocation(axes, models, {**frontiers, "Kaplan et al. 2020": KAPLAN})
