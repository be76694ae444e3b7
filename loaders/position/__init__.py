"""How far a run has come, and which samples each of its steps took."""
