"""Gathers samples from record batches: tokens in their narrow type, and boundaries.

The kernel reads memory by address and files by descriptor, releases the interpreter's lock, and
checks what it reads: ids against the vocabulary, boundaries against their record batch. It is the
loader's inner loop; a batch costs about what copying it costs.
"""

from typing import Any

import numpy as np
from numba import carray, njit, types

from haybale.loaders.samples.boundaries import MIN_WINDOW, first_from, read_window
from haybale.loaders.samples.memory import fetch, pointer
from haybale.loaders.samples.reading import read_fully

OK, BAD_TOKEN, BAD_BOUNDARY, BAD_STRETCH, UNREADABLE = range(5)
"""What `gather` finds; its status is `OK`, or this plus `NUM_FINDINGS` times the number of the
stretch."""

NUM_FINDINGS = 5

INT32S = types.Array(types.int32, 1, "C")
INT64S = types.Array(types.int64, 1, "C")
COLUMN = types.Array(types.int64, 1, "C", readonly=True)


def _signature(tokens: Any) -> Any:
    return types.int64(
        *([COLUMN] * 5),  # of the stretches
        *([COLUMN] * 2),  # of the index
        *([COLUMN] * 3),  # of the places
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
    row: Any,
    start: Any,
    length: Any,
    num_documents: Any,
    num_tokens: Any,
    files: Any,
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
        sample: int64[stretches], of `Stretches`, as the next four.
        column: Likewise.
        row: Likewise.
        start: Likewise.
        length: Likewise.
        num_documents: int64[rows], of the index.
        num_tokens: Likewise.
        files: int64[stretches], of `Places`, as the next two.
        values_at: Likewise.
        offsets_at: Likewise.
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
    window = np.empty(max(MIN_WINDOW, width + 2), np.int32)
    for at in range(len(sample)):  # so that all wait for memory at the same time
        if files[at] < 0:
            part = start[at] / max(1, num_tokens[row[at]])
            guess = np.int64(part * num_documents[row[at]])
            fetch(offsets_at[at] + guess * like_offsets.itemsize, like_offsets.itemsize)
            fetch(values_at[at] + start[at] * tokens.itemsize, length[at] * tokens.itemsize)
    at, found = 0, 0
    starts_until[0] = 0
    for number in range(num_samples):
        filled, base = 0, number * width
        while at < len(sample) and sample[at] == number:
            begin, count, where = start[at], length[at], column[at]
            batch_documents, batch_tokens = num_documents[row[at]], num_tokens[row[at]]
            if begin < 0 or count < 1 or begin + count > batch_tokens or where != filled:
                return BAD_STRETCH + NUM_FINDINGS * at
            guess = np.int64(begin / batch_tokens * batch_documents)
            before = 0  # offsets before those that are looked at
            if files[at] >= 0:
                if count > width:
                    return BAD_STRETCH + NUM_FINDINGS * at
                before = read_window(
                    files[at],
                    offsets_at[at],
                    batch_documents + 1,
                    guess,
                    begin,
                    begin + count,
                    window,
                )
                if before < 0:
                    return (UNREADABLE if before == -1 else BAD_BOUNDARY) + NUM_FINDINGS * at
                offsets = window[: batch_documents + 1 - before]
            else:
                offsets = carray(pointer(offsets_at[at], like_offsets), batch_documents + 1)
            if packed:
                if where + count > width - 1:
                    return BAD_STRETCH + NUM_FINDINGS * at
                if where + count == width - 1:
                    following = first_from(offsets, begin + count, guess - before)
                    if following == len(offsets):
                        return BAD_BOUNDARY + NUM_FINDINGS * at
                    if offsets[following] != begin + count:  # the document goes on
                        count += 1
                        if begin + count > batch_tokens:
                            return BAD_BOUNDARY + NUM_FINDINGS * at
            elif where + count > width:
                return BAD_STRETCH + NUM_FINDINGS * at
            target = tokens[number, where : where + count]
            position = values_at[at] + begin * tokens.itemsize
            if files[at] >= 0:
                num_bytes = count * tokens.itemsize
                if not read_fully(files[at], target.ctypes.data, num_bytes, position):
                    return UNREADABLE + NUM_FINDINGS * at
            else:
                values = carray(pointer(position, tokens), count)
                for place in range(count):
                    target[place] = values[place]
            largest = target[0]
            for place in range(count):
                largest = max(largest, target[place])
            if largest >= vocabulary_size:
                return BAD_TOKEN + NUM_FINDINGS * at
            # A sample, and a packed stretch, begins a segment wherever in a document it begins.
            begins = where == 0 or packed
            if begins:
                starts[found] = base + where
                found += 1
            document, previous = first_from(offsets, begin, guess - before), begin - 1
            last = min(len(offsets), batch_documents - before)
            while document < last and offsets[document] < begin + count:
                offset = offsets[document]
                if offset <= previous:
                    return BAD_BOUNDARY + NUM_FINDINGS * at
                if offset > begin or not begins:
                    starts[found] = base + where + (offset - begin)
                    found += 1
                document, previous = document + 1, offset
            filled = where + count
            at += 1
        if packed:
            labelled[number] = filled - 1
            for place in range(filled, width):
                tokens[number, place] = padding_id
            if filled < width:
                starts[found] = base + filled
                found += 1
        else:
            if filled != width:
                return BAD_STRETCH + NUM_FINDINGS * min(at, len(sample) - 1)
            labelled[number] = width - 1
        starts_until[number + 1] = found
    return OK
