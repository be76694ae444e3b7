"""Times and sizes as people read them."""


def duration(seconds: float) -> str:
    """Such as `0.4 s`, `34 s`, `12 min 05 s` or `3 h 20 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def count_of(number: int, what: str) -> str:
    """Such as `1 run` or `3 runs`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def size(num_bytes: float) -> str:
    """Such as `0.2 MB`, `340 MB` or `1.25 GB`."""
    if num_bytes < 1e9:
        return f"{num_bytes / 1e6:.1f} MB" if num_bytes < 1e8 else f"{num_bytes / 1e6:.0f} MB"
    return f"{num_bytes / 1e9:,.2f} GB"
