"""What a step is made of, and which steps see a document."""

from dataclasses import dataclass

from haybale.loaders.samples.spans import DocumentSpan


@dataclass(frozen=True)
class ExplainedSample:
    """A sample of a step.

    Attributes:
        position: In the sequence.
        rank: Which rank takes it; None for a step of another size than the loader's.
        source: Its subset.
        sample: Its number in the subset.
        documents: What its inputs are of, in order.
    """

    position: int
    rank: int | None
    source: str
    sample: int
    documents: tuple[DocumentSpan, ...]


@dataclass(frozen=True)
class ExplainedStep:
    """All samples of a step, of all ranks.

    Attributes:
        step: Which.
        samples: In the order of the sequence.
    """

    step: int
    samples: tuple[ExplainedSample, ...]

    def __str__(self) -> str:
        """A line for each document, under a line for each sample."""
        lines = [f"step {self.step}: {len(self.samples)} samples"]
        for sample in self.samples:
            rank = "" if sample.rank is None else f", rank {sample.rank}"
            lines.append(
                f"  position {sample.position}{rank}: sample {sample.sample} of {sample.source}"
            )
            lines += [
                f"    {span.doc_id}  {span.shard}:{span.start}  {span.length} tokens"
                for span in sample.documents
            ]
        return "\n".join(lines)


@dataclass(frozen=True)
class SeenAt:
    """A step that has a document, or part of it, among its inputs.

    Attributes:
        step: Which; None where the sample is skipped, or dropped at a pass's end.
        position: Of the sample in the sequence.
        source: The document's subset.
        epoch: How often the subset was passed through before.
    """

    step: int | None
    position: int
    source: str
    epoch: int
