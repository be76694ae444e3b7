"""The parts of `Deduplicate`, each a step of its graph. Ids and numbers are shuffled, not text."""
