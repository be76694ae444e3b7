"""Runs at the start of every Python process that has this folder on its path."""

import planted_crashes

planted_crashes.install()
