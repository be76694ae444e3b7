"""Resumable work: steps, their units, and the processes on this computer that do them."""
