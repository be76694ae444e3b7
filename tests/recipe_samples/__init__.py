"""For every recipe a small sample of its input, and what must become of every document of it."""

from collections.abc import Callable
from pathlib import Path

from recipe_samples import (
    code,
    common_crawl_warc,
    common_crawl_wet,
    dclm,
    fineweb,
    massivetext,
    refinedweb,
    vietnamese,
)
from recipe_samples.planted import Sample

__all__ = ["SAMPLES", "Sample"]

_MODULES = (
    code,
    common_crawl_warc,
    common_crawl_wet,
    dclm,
    fineweb,
    massivetext,
    refinedweb,
    vietnamese,
)
SAMPLES: dict[str, Callable[[Path], Sample]] = {
    module.__name__.rpartition(".")[2]: module.write_sample for module in _MODULES
}
"""Recipe to what writes its sample into a folder."""
