"""Dataset cards, measured by the pipeline."""
