"""Token shards to training batches."""

from typing import TYPE_CHECKING, Any

from haybale.loaders.dataset import TokenDataset

if TYPE_CHECKING:
    from haybale.loaders.loader import TokenLoader

__all__ = ["TokenDataset", "TokenLoader"]


def __getattr__(name: str) -> Any:
    """`TokenLoader` when it is first asked for: nothing else here needs PyTorch."""
    if name != "TokenLoader":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from haybale.loaders.loader import TokenLoader

    return TokenLoader
