"""How long a whole build has left, roughly: from what its first stage took, or will have taken."""

from collections.abc import Sequence

from haybale.pipeline.report.runs import RunRecord

COSTS = {"ingest": 1.0, "deduplicate": 0.2, "tokenize": 0.3, "document": 0.1}
"""What stages take, ingest being 1: measured on `recipes/real_text.toml`, in two processes.

Wall time was 0.24, 0.25 and 0.09, on a busy machine; CPU time 0.18, 0.35 and 0.10.

The stage `tokenizer` is left out: to learn a vocabulary takes the same time from any corpus, and to
read a given one takes none.
"""


def build_seconds_left(
    record: RunRecord, stages: Sequence[str], step_seconds_left: float | None
) -> float | None:
    """Seconds until the last of these stages ends.

    Args:
        record: Of the run, as it is now.
        stages: That it is to run.
        step_seconds_left: Of the step that is being done; None where that is not known.

    Returns:
        None where the run cannot know: before it has an idea of ingest, where an earlier run has
        done all or part of that, while a vocabulary is learned, and where a stage has taken longer
        than was expected.
    """
    took = {stage.name: stage.seconds for stage in record.stages}
    ingested = [step for step in record.steps if step.stage == "ingest"]
    if not ingested or any(step.num_reused for step in ingested):
        return None
    if not record.stages or "ingest" not in took:
        return None
    current = record.stages[-1].name
    if current not in COSTS:
        return None
    whole_of_ingest = took["ingest"]
    if current == "ingest":
        if step_seconds_left is None:
            return None
        whole_of_ingest += step_seconds_left
    later = stages[stages.index(current) + 1 :]
    left = whole_of_ingest * sum(COSTS.get(stage, 0.0) for stage in later)
    expected = whole_of_ingest * COSTS.get(current, 0.0) - took[current]
    if expected <= 0 and step_seconds_left is None:
        return None
    return left + max(expected, step_seconds_left or 0.0)
