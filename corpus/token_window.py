"""The text around a token, divided into what stands before it, its own, and what comes after."""

from collections.abc import Callable, Sequence

Decode = Callable[[list[int]], str]
"""Ids to text."""


def divide_text(
    decode: Decode, before: Sequence[int], token: int, after: Sequence[int]
) -> tuple[str, str, str]:
    """Text of a window of ids, cut where the token begins and ends.

    A token is decoded with those before it, because its text depends on them: pieces may be bytes
    of one character, which then counts to the last of them, or begin with a space that a text's
    first piece loses.

    Returns:
        Text before the token, its own (empty for control ids), and the text after it.
    """
    whole = decode([*before, token, *after])
    upto = _common(decode([*before, token]), whole)
    left = _common(decode(list(before)), upto)
    return left, upto[len(left) :], whole[len(upto) :]


def _common(one: str, other: str) -> str:
    """What both begin with: bytes that are no whole character yet decode to something else."""
    num = 0
    while num < min(len(one), len(other)) and one[num] == other[num]:
        num += 1
    return one[:num]
