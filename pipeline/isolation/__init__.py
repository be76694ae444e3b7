"""Documents at which a library crashes or never ends: found, set aside, told."""
