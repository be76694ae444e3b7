"""A person judges a sample of what was removed, and of what was kept: how much of it was right."""
