"""Retrieval over chunks: exact nearest neighbours, and what a text has in common with a corpus."""
