"""How many rows count as lost where all that is known of them is how many a file declares."""


def lost_rows(declared: int, stored_bytes: int) -> int:
    """Rows to count: those declared, or one where they are none, or more than they have bytes.

    A few bytes can declare any number of rows. Were it believed, one file made for the purpose
    would make all that a build reads look unreadable.

    Args:
        declared: Rows.
        stored_bytes: That they take in the file, compressed.
    """
    return declared if 0 < declared <= stored_bytes else 1
