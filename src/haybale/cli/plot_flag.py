"""The flag `--plot`, checked before the long work whose picture it asks for."""

from pathlib import Path

from haybale.corpus.errors import RecipeError


def check_plot(path: Path | None) -> None:
    """See that a picture can be drawn into this file; None: none is asked for.

    Raises:
        RecipeError: If its name ends in another suffix than the two that can be written, or there
            is no folder for it.
        ModuleNotFoundError: If Matplotlib is missing.
    """
    if path is None:
        return
    from haybale.scaling.plots.figure import SUFFIXES

    if path.suffix not in SUFFIXES:
        raise RecipeError(f"--plot {path}: expected a name that ends in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise RecipeError(f"--plot {path}: no folder {path.parent}; make it, or name another")
