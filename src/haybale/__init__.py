"""Raw text at web scale into the token shards that a compute-optimal language model trains on."""

__version__ = "0.1.0"
