"""The device on which a verb trains many models in one process."""

import os


def training_device(name: str | None) -> str:
    """The device of that name; by default `cuda` where there is one, else `cpu`.

    Raises:
        RecipeError: If PyTorch or the device is missing, or `torchrun` started several processes.
    """
    from haybale.corpus.errors import RecipeError

    try:
        import torch
    except ModuleNotFoundError:
        raise RecipeError("training needs PyTorch: pip install 'haybale[train]'") from None
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise RecipeError(
            "many small models are trained one after the other by one process: "
            "start this verb without torchrun"
        )
    from haybale.training.ranks import resolve_device

    chosen = name or ("cuda" if torch.cuda.is_available() else "cpu")
    resolve_device(chosen)
    return chosen
