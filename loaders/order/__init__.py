"""The order of one source: which sample comes at which place of which epoch."""
