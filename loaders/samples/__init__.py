"""Samples: which tokens make one, and the arrays that a model is given."""
