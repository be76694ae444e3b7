"""`inputs.json` of corpora that earlier versions of Haybale built, as today's cards read it."""

from collections.abc import Mapping
from typing import Any

_OF_REMOVED = {"state": "removed", "stage": "ingest", "language": ""}
"""What samples did not say when all of them were of documents that ingest's rules dropped."""


def as_today(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs with today's names; what was not measured then stays away."""
    declared = dict(raw["declared"])
    if "publish_samples" in declared:
        published = declared.pop("publish_samples")
        declared["samples"] = "everywhere" if published else "none"
    samples = [{**_OF_REMOVED, **sample} for sample in raw["samples"]]
    return {**raw, "declared": declared, "samples": samples}
