"""Token shards to training batches."""

from haybale.loaders.dataset import TokenDataset
from haybale.loaders.loader import TokenLoader

__all__ = ["TokenDataset", "TokenLoader"]
