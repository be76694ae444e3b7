"""Deduplication: signatures, candidates, verified pairs, survivors. Pure; Beam only in jobs."""
