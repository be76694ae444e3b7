"""Two cards beside each other: what moved between two versions of a corpus."""
