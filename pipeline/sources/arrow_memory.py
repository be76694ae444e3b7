"""How much memory the batches of one Arrow file or stream may take, known before they are read."""

import pyarrow as pa

from haybale.pipeline.sources.arrow_messages import Message

MAX_BATCH_RECORDS = 8
"""A batch is held in memory whole, and all dictionaries beside it: together no more than this many
of the longest records."""


class BatchMemory:
    """Refuses batches that would take too much memory, with the dictionaries held beside them.

    Args:
        file: What they stand in.
        max_record_bytes: Of the longest record.
    """

    def __init__(self, file: pa.NativeFile, max_record_bytes: int) -> None:
        self._file = file
        self._limit = MAX_BATCH_RECORDS * max_record_bytes
        self._dictionaries: dict[int, int] = {}  # bytes of each that is held
        self._held_bytes = 0  # of all of them

    def check(self, message: Message) -> None:
        """Refuse a batch; one of a dictionary that is not refused is held from then on.

        Raises:
            ValueError: If it is too large, or damaged; see DAMAGE for all that may be raised.
        """
        expanded, number = message.expanded_bytes(self._file), message.dictionary
        replaced, held = 0, 0
        if number is not None:
            held = self._dictionaries.get(number, 0)
            replaced = 0 if message.is_delta else held
        total = self._held_bytes - replaced + expanded
        if total > self._limit:
            raise ValueError(
                f"a batch of {expanded} bytes, {total} with the dictionaries before it; the most "
                f"is {MAX_BATCH_RECORDS} times ingest.max_record_bytes, {self._limit}: raise that, "
                "or write smaller batches"
            )
        if number is not None:
            self._dictionaries[number] = held - replaced + expanded
            self._held_bytes = total
