"""Token shards to training batches."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haybale.loaders.dataset import TokenDataset
    from haybale.loaders.loader import TokenLoader
    from haybale.loaders.mixture.stages import Stage
    from haybale.loaders.remote.settings import Cache

__all__ = ["Cache", "Stage", "TokenDataset", "TokenLoader"]

_MODULES = {
    "Cache": "remote.settings",
    "Stage": "mixture.stages",
    "TokenDataset": "dataset",
    "TokenLoader": "loader",
}


def __getattr__(name: str) -> Any:
    """Each when it is first asked for: exports need neither Numba nor PyTorch."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
