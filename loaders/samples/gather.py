"""Gathers samples from record batches in memory: tokens in their narrow type, and boundaries.

The kernels read memory by address, release the interpreter's lock, and check what they read: ids
against the vocabulary, boundaries against their record batch. They are the loader's inner loop; a
batch costs about what copying it costs.
"""

from typing import Any

from numba import carray, njit, types
from numba.extending import intrinsic

OK, BAD_TOKEN, BAD_BOUNDARY, BAD_STRETCH = range(4)
"""What `gather` finds; its status is `OK`, or this plus 4 times the number of the stretch."""

INT32S = types.Array(types.int32, 1, "C")
INT64S = types.Array(types.int64, 1, "C")


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(typing_context: Any, address: Any, like: Any) -> Any:
    """The address as a pointer to what the array `like` holds."""
    pointer = types.CPointer(like.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(address, like), generate


@njit(inline="always")  # type: ignore[untyped-decorator]
def _first_from(offsets: Any, wanted: int) -> int:
    """Number of the first of rising offsets that is at least `wanted`."""
    low, high = 0, len(offsets)
    while low < high:
        middle = (low + high) >> 1
        if offsets[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _signature(tokens: Any) -> Any:
    return types.int64(
        *([INT64S] * 8),  # columns of the stretches
        types.boolean,
        types.int64,
        types.int64,
        INT32S,
        types.Array(tokens, 2, "C"),
        INT32S,
        INT64S,
        INT32S,
    )


@njit(  # type: ignore[untyped-decorator]
    [_signature(types.uint16), _signature(types.uint32)], cache=True, nogil=True
)
def gather(
    sample: Any,
    column: Any,
    start: Any,
    length: Any,
    num_documents: Any,
    num_tokens: Any,
    values_at: Any,
    offsets_at: Any,
    packed: bool,
    vocabulary_size: int,
    padding_id: int,
    like_offsets: Any,
    tokens: Any,
    starts: Any,
    starts_until: Any,
    labelled: Any,
) -> int:
    """Fill samples from their stretches.

    Args:
        sample: int64[stretches], as all of these: of `Stretches`, in their order.
        column: Likewise.
        start: Likewise.
        length: Likewise.
        num_documents: Of the stretch's record batch.
        num_tokens: Likewise.
        values_at: Address of its tokens.
        offsets_at: Address of its list offsets.
        packed: Whether stretches are of packed documents: each begins a segment, what they leave
            is padding, and the last may be followed by a label.
        vocabulary_size: Ids are below it.
        padding_id: What stands where no token does.
        like_offsets: int32[0]: the type of list offsets.
        tokens: uint16 or uint32 [S, T + 1], filled: the last column is only a label.
        starts: int32[S (T + 1)], filled: where segments begin, as rising places in the flattened
            `tokens`; a segment is (a part of) a document, or the padding.
        starts_until: int64[S + 1], filled: `starts` of the samples before each.
        labelled: int32[S], filled: inputs of each sample that a token follows, from the first on.

    Returns:
        `OK`, or what is wrong with which stretch.
    """
    num_samples, width = tokens.shape
    at, found = 0, 0
    starts_until[0] = 0
    for row in range(num_samples):
        filled, base = 0, row * width
        while at < len(sample) and sample[at] == row:
            begin, count, where = start[at], length[at], column[at]
            if begin < 0 or count < 1 or begin + count > num_tokens[at] or where != filled:
                return BAD_STRETCH + 4 * at
            offsets = carray(_pointer(offsets_at[at], like_offsets), num_documents[at] + 1)
            if packed:
                if where + count > width - 1:
                    return BAD_STRETCH + 4 * at
                if where + count == width - 1:
                    following = _first_from(offsets, begin + count)
                    if following == len(offsets):
                        return BAD_BOUNDARY + 4 * at
                    if offsets[following] != begin + count:  # the document goes on
                        count += 1
                        if begin + count > num_tokens[at]:
                            return BAD_BOUNDARY + 4 * at
            elif where + count > width:
                return BAD_STRETCH + 4 * at
            values = carray(_pointer(values_at[at], tokens), num_tokens[at])
            largest = values[begin]
            for place in range(count):
                token = values[begin + place]
                tokens[row, where + place] = token
                largest = max(largest, token)
            if largest >= vocabulary_size:
                return BAD_TOKEN + 4 * at
            # A sample, and a packed stretch, begins a segment wherever in a document it begins.
            begins = where == 0 or packed
            if begins:
                starts[found] = base + where
                found += 1
            number, previous = _first_from(offsets, begin), begin - 1
            while number < num_documents[at] and offsets[number] < begin + count:
                offset = offsets[number]
                if offset <= previous:
                    return BAD_BOUNDARY + 4 * at
                if offset > begin or not begins:
                    starts[found] = base + where + (offset - begin)
                    found += 1
                number, previous = number + 1, offset
            filled = where + count
            at += 1
        if packed:
            labelled[row] = filled - 1
            for place in range(filled, width):
                tokens[row, place] = padding_id
            if filled < width:
                starts[found] = base + filled
                found += 1
        else:
            if filled != width:
                return BAD_STRETCH + 4 * min(at, len(sample) - 1)
            labelled[row] = width - 1
        starts_until[row + 1] = found
    return OK
