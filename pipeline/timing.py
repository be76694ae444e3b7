"""Where a part's CPU time goes, so that a slow recipe can be understood."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Iterator


class Stopwatch:
    """CPU seconds by phase; phases may nest, and a nested one is not counted in its parent."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._nested = [0.0]

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the block's CPU time as this phase's."""
        start = time.process_time()
        self._nested.append(0.0)
        try:
            yield
        finally:
            spent = time.process_time() - start
            self.seconds[name] += spent - self._nested.pop()
            self._nested[-1] += spent
