"""Record batches of token shards in memory, wherever the shards lie."""
