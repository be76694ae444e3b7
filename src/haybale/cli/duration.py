"""Durations as people read them."""


def duration(seconds: float) -> str:
    """In the largest unit of which there are two or more: `3.5 hours`."""
    for unit, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} seconds"
