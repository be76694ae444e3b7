"""Documents out of a finished corpus: what holds them is rewritten, and nothing else."""
