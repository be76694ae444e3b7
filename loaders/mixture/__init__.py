"""The mixture of sources: which source each position of the global sequence draws from."""
