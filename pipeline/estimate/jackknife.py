"""The error of an estimate by what hangs on each drawn piece (jackknife: Efron and Stein 1981).

The influence of a piece is what the estimate would lose without it. With n pieces drawn of a
subset, a share f of it, the variance is, added up over subsets, (1 - f) n / (n - 1) times the sum
of squares of the distances of influences from their mean.
"""

import math
from collections import defaultdict
from collections.abc import Mapping

from haybale.pipeline.estimate.drawn import Drawn
from haybale.pipeline.estimate.strata import students_t


def margin_of(
    influences: Mapping[int, float], subset_of: Mapping[int, str], drawn: Mapping[str, Drawn]
) -> float:
    """How far an interval reaches to one side: standard errors, as many as Student's t has.

    Degrees of freedom are those of Welch and Satterthwaite (Cochran 1977, 5.4).

    Args:
        influences: By piece; those left out have none.
        subset_of: Subset of each piece.
        drawn: How much of each subset was drawn.
    """
    by_subset: dict[str, list[float]] = defaultdict(list)
    for piece, influence in influences.items():
        by_subset[subset_of[piece]].append(influence)
    variance = in_freedom = 0.0
    for subset, mine in by_subset.items():
        count, fraction = drawn[subset].num_pieces, drawn[subset].fraction
        squares = sum(each**2 for each in mine)
        if count > 1:
            squares = max(0.0, squares - sum(mine) ** 2 / count) * count / (count - 1)
        part = (1 - fraction) * squares
        variance += part
        in_freedom += part**2 / max(1, count - 1)
    if variance == 0:
        return 0.0
    return students_t(max(1, int(variance**2 / in_freedom))) * math.sqrt(variance)
