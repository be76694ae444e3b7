"""Sums of money: quantities of a forecast times the user's prices."""

from haybale.pipeline.estimate.forecast import Forecast
from haybale.pipeline.estimate.prices import Prices
from haybale.pipeline.estimate.quantities import Quantity, total_of

_HOUR = 3600.0
_GB = 1e9
WORKER_DISK_GB_PER_VCPU = 25.0
"""Of a Dataflow worker, for its image and what units write. Assumed."""


def costs_here(forecast: Forecast, prices: Prices) -> dict[str, Quantity]:
    """What a build on this computer costs, by what is paid for."""
    hours = forecast.here.wall_seconds.scaled(1 / _HOUR)
    return _priced(
        {
            "this computer": (hours, prices.machine_hour),
            "corpus, a month": (_corpus_gb(forecast), prices.storage_gb_month),
        }
    )


def costs_on_dataflow(forecast: Forecast, prices: Prices) -> dict[str, Quantity]:
    """What the same build costs as Dataflow jobs, by what is paid for, and in all."""
    job = forecast.dataflow
    disk = job.vcpu_hours.scaled(WORKER_DISK_GB_PER_VCPU)
    # The driver runs beside the jobs from begin to end.
    driver = job.wall_seconds.scaled(1 / _HOUR)
    return _priced(
        {
            "driver": (driver, prices.machine_hour),
            "vCPUs": (job.vcpu_hours, prices.vcpu_hour),
            "memory": (job.memory_gb_hours, prices.memory_gb_hour),
            "disk of workers": (disk, prices.disk_gb_hour),
            "shuffle": (job.shuffle_gb, prices.shuffle_gb),
            "requests": (job.requests.scaled(1 / 1000), prices.requests_1000),
            "corpus, a month": (_corpus_gb(forecast), prices.storage_gb_month),
        }
    )


def _corpus_gb(forecast: Forecast) -> Quantity:
    return total_of(forecast.folders.values()).scaled(1 / _GB)


def _priced(amounts: dict[str, tuple[Quantity, float | None]]) -> dict[str, Quantity]:
    found = {
        name: amount.scaled(price, "computed")
        for name, (amount, price) in amounts.items()
        if price is not None
    }
    if found:
        whole = Quantity.exact(0.0)
        for each in found.values():
            whole += each
        found["in all"] = whole
    return found
