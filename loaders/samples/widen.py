"""Widens gathered samples to what models take: inputs, labels, positions, document boundaries."""

from typing import Any

from numba import njit, types

from haybale.loaders.samples.gather import INT32S, INT64S

IGNORED_LABEL = -100
"""What `torch.nn.functional.cross_entropy` leaves out of the loss."""


def _signature(tokens: Any) -> Any:
    wide = types.Array(types.int64, 2, "C")
    return types.int64(
        types.Array(tokens, 2, "C"),
        INT32S,
        INT64S,
        INT32S,
        types.boolean,
        types.int64,
        wide,
        wide,
        types.Array(types.int32, 2, "C"),
        types.Array(types.int32, 2, "C"),
    )


@njit(  # type: ignore[untyped-decorator]
    [_signature(types.uint16), _signature(types.uint32)], cache=True, nogil=True
)
def widen(
    tokens: Any,
    starts: Any,
    starts_until: Any,
    labelled: Any,
    across: bool,
    batch_size: int,
    input_ids: Any,
    labels: Any,
    position_ids: Any,
    cu_seqlens: Any,
) -> int:
    """Fill the arrays of some batches from gathered samples; those of length 0 are left out.

    Args:
        tokens: uint16 or uint32 [S, T + 1], as this and the next three are from `gather`.
        starts: int32[...].
        starts_until: int64[S + 1].
        labelled: int32[S].
        across: Whether a document's last token has the next document's first as its label.
        batch_size: B, samples of a batch: S is a multiple of it.
        input_ids: int64 [S, T].
        labels: int64 [S, T]: the next token, or `IGNORED_LABEL`.
        position_ids: int32 [S, T]: from 0 at the start of each segment.
        cu_seqlens: int32 [S / B, capacity + 1]: where the segments of a batch begin in its
            flattened inputs, then B T to the end.

    Returns:
        The most segments that a batch has; where that is above the capacity, `cu_seqlens` is not
        filled.
    """
    num_samples, width = tokens.shape
    length = width - 1
    capacity = cu_seqlens.shape[1] - 1
    most, in_batch = 0, 0
    for row in range(num_samples):
        if len(input_ids):
            for place in range(length):
                input_ids[row, place] = tokens[row, place]
        if len(labels):
            for place in range(length):
                labels[row, place] = tokens[row, place + 1]
            for place in range(max(labelled[row], 0), length):
                labels[row, place] = IGNORED_LABEL
        batch, base = row // batch_size, (row % batch_size) * length
        if row % batch_size == 0:
            in_batch = 0
        for number in range(starts_until[row], starts_until[row + 1]):
            begin = starts[number] - row * width
            if len(labels) and begin > 0 and not across:
                labels[row, begin - 1] = IGNORED_LABEL
            if begin == length:
                continue  # only the last label begins a document there
            end = length
            if number + 1 < starts_until[row + 1]:
                end = min(end, starts[number + 1] - row * width)
            if len(position_ids):
                segment = position_ids[row, begin:end]
                for place in range(len(segment)):
                    segment[place] = place
            if in_batch < capacity and len(cu_seqlens):
                cu_seqlens[batch, in_batch] = base + begin
            in_batch += 1
        most = max(most, in_batch)
        if row % batch_size == batch_size - 1 and len(cu_seqlens):
            cu_seqlens[batch, min(in_batch, capacity) :] = batch_size * length
    return most
