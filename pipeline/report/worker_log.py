"""What workers log: JSON lines, through `logging`, which engines pass on to their consoles.

On this computer nobody listens: the driver's own log tells of its processes.
"""

import logging
from typing import Any

import orjson

LOGGER = logging.getLogger("haybale.worker")
LOGGER.setLevel(logging.INFO)


def log_worker(level: int, event: str, **fields: Any) -> None:
    """Log an event of a worker.

    Args:
        level: Of `logging`.
        event: Such as `unit_finished`.
        fields: JSON; names and numbers, never a document's text.
    """
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, orjson.dumps({"event": event, **fields}).decode())
