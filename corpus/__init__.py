"""What a corpus is on disk."""
