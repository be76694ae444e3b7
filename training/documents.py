"""Bounds of a batch's documents, as many as there are and few more."""

from haybale.loaders.batches import Batch


def without_spare_bounds(batch: Batch) -> Batch:
    """The batch, with `cu_seqlens` cut to a power of two of documents that has room for all.

    The loader leaves room for a document per token. Kernels would look at each; and graphs are
    compiled for each length, of which there are few this way. What is cut off is all the same:
    B T, the end.
    """
    bounds, num_inputs = batch["cu_seqlens"], batch["input_ids"].numel()
    num_documents = int((bounds < num_inputs).sum())
    room = 1 << (num_documents - 1).bit_length()
    return {**batch, "cu_seqlens": bounds[: room + 1]}
