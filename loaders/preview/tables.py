"""A preview as aligned tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from haybale.loaders.preview.preview import Share, SourcePreview


def shares_table(shares: "Sequence[Share]") -> list[str]:
    """Lines: a head, and what each stage takes from each source."""
    head = (
        "stage", "source", "declared", "drawn", "tokens", "samples", "epochs", "so far", "seen",
    )  # fmt: skip
    rows = [
        (
            str(share.stage),
            share.source,
            f"{share.declared_fraction:.2%}",
            f"{share.drawn_fraction:.2%}",
            f"{share.tokens:,}",
            f"{share.samples:,}",
            f"{share.epochs:.2f}",
            f"{share.total_epochs:.2f}",
            f"{share.unique_fraction:.1%}",
        )
        for share in shares
    ]
    return _aligned([head, *rows], left=2)


def sources_table(sources: "Sequence[SourcePreview]") -> list[str]:
    """Lines: a head, and each source."""
    head = ("source", "tokens", "samples", "epochs", "padding", "dropped", "documents cut")
    rows = [
        (
            source.source,
            f"{source.tokens:,}",
            f"{source.samples:,}",
            f"{source.epochs:.2f}",
            f"{source.padding_fraction:.2%}",
            f"{source.dropped_tokens:,}",
            _cut(source),
        )
        for source in sources
    ]
    return _aligned([head, *rows], left=1)


def _cut(source: "SourcePreview") -> str:
    if source.cut_fraction is None:
        return "not measured"
    return f"{source.cut_fraction:.1%} of {source.documents:,}"


def _aligned(lines: Sequence[Sequence[str]], left: int) -> list[str]:
    """The first `left` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
