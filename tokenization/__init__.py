"""Text to token ids: learn a vocabulary, encode."""
