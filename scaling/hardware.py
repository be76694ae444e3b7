"""What an accelerator computes in an hour."""

from dataclasses import dataclass

from haybale.scaling.budget import BudgetError

# Dense bfloat16 with float32 accumulation, FLOP/s of one device. Data sheets that print the rate
# "with sparsity" say twice as much.
PEAK_FLOPS = {
    "a100": 312e12,  # NVIDIA A100 data sheet
    "h100": 989e12,  # NVIDIA H100 data sheet, SXM: 1,979e12 with sparsity
    "h100-pcie": 756e12,  # the same: 1,513e12 with sparsity
    "h200": 989e12,  # NVIDIA H200 data sheet, SXM: 1,979e12 with sparsity
    "b200": 2250e12,  # NVIDIA Blackwell data sheet, HGX: 4.5e15 with sparsity
    "l4": 121e12,  # NVIDIA L4 data sheet: 242e12 with sparsity
    "l40s": 362e12,  # NVIDIA L40S data sheet: 733e12 with sparsity
    "mi300x": 1307e12,  # AMD Instinct MI300X data sheet
}

_HOUR = 3600.0


@dataclass(frozen=True)
class Hardware:
    """The devices of a run.

    Attributes:
        gpu: A name of `PEAK_FLOPS`.
        mfu: Model FLOPs utilisation (Chowdhery et al. 2022, arXiv 2204.02311, section 4.1): the
            share of the peak that goes into the 6ND of the model; above 0, at most 1.
        num_gpus: Devices, at least 1.
    """

    gpu: str
    mfu: float
    num_gpus: int = 1

    def __post_init__(self) -> None:
        if self.gpu not in PEAK_FLOPS:
            known = ", ".join(PEAK_FLOPS)
            raise BudgetError(
                f"gpu: expected one of {known}, found {self.gpu!r}; for another one give flops in "
                "place of hours: seconds times its dense bfloat16 peak times the mfu"
            )
        if not 0 < self.mfu <= 1:
            raise BudgetError(
                f"mfu: expected above 0 and at most 1, found {self.mfu:g}: a share, not per cent"
            )
        if self.num_gpus < 1:
            raise BudgetError(f"gpus: expected at least 1, found {self.num_gpus}")

    @property
    def flops_per_hour(self) -> float:
        """That one device puts into training in an hour."""
        return PEAK_FLOPS[self.gpu] * self.mfu * _HOUR

    def hours(self, flops: float) -> float:
        """Wall time of so much training on all devices."""
        return flops / (self.flops_per_hour * self.num_gpus)
