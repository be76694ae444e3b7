"""What a number of tokens or parameters calls for: about twenty tokens per parameter."""

TOKENS_PER_PARAMETER = 20.0
"""Hoffmann et al. 2022 (arXiv 2203.15556), table 3: 400M parameters with 8.0B tokens, 10B with
205B, 67B with 1.5T. A rule of thumb: the paper's three approaches differ by a factor of two."""

NEARLY_FRESH_EPOCHS = 4.0
"""Repeating data up to about four times is worth nearly as much as fresh data (Muennighoff et al.
2023, arXiv 2305.16264)."""


def compute_optimal_tokens(num_parameters: float) -> float:
    """Training tokens for which a model of this size makes best use of its compute."""
    return TOKENS_PER_PARAMETER * num_parameters


def compute_optimal_params(num_tokens: float) -> float:
    """The model size that makes best use of this many training tokens."""
    return num_tokens / TOKENS_PER_PARAMETER
