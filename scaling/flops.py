"""What training costs, by the convention C = 6ND."""


def training_flops(num_parameters: float, num_tokens: float) -> float:
    """Floating-point operations of one run: 6 per parameter and token, 2 forward and 4 backward.

    Embeddings counted among the parameters, attention left out (Hoffmann et al. 2022, arXiv
    2203.15556, section 3.3; appendix F compares it with a full count: within 10 % from 73M to 6.8B
    parameters).
    """
    return 6.0 * num_parameters * num_tokens
