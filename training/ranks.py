"""Several processes that train one model, as `torchrun` starts them."""

import gc
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from haybale.corpus.errors import RecipeError
from haybale.loaders.device import known_device
from haybale.training.model import Decoder


@dataclass(frozen=True)
class Ranks:
    """The processes of a run, and this one's place among them.

    Attributes:
        rank: Of this process, from 0.
        world_size: How many there are.
        device: Of this process.
    """

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes files and speaks."""
        return self.rank == 0

    def summed(self, tensor: Tensor) -> Tensor:
        """A tensor's sum over all processes; the tensor itself is overwritten."""
        if self.world_size > 1:
            distributed.all_reduce(tensor)
        return tensor


@contextmanager
def joined_ranks(device: str) -> Iterator[Ranks]:
    """Join the others that `torchrun` started, by NCCL on GPUs and Gloo elsewhere; else be alone.

    A process group that exists is used, and left as it is.

    Args:
        device: As PyTorch names it; of several GPUs, `cuda` is that of the process's local rank.

    Raises:
        RecipeError: If there is no such device.
    """
    resolved = resolve_device(device)
    is_ours = not distributed.is_initialized() and {"RANK", "WORLD_SIZE"} <= os.environ.keys()
    if is_ours:
        distributed.init_process_group("nccl" if resolved.type == "cuda" else "gloo")
    try:
        if distributed.is_initialized():
            yield Ranks(distributed.get_rank(), distributed.get_world_size(), resolved)
        else:
            yield Ranks(0, 1, resolved)
    finally:
        if is_ours:
            # What DDP leaves behind must not be the last to hold the group: it would wait for a
            # thread of Gloo's that waits for Python's lock.
            gc.collect()
            distributed.destroy_process_group()


def spread_model(model: Decoder, ranks: Ranks, parallel: str) -> nn.Module:
    """The model as all processes train it, on their devices: what they call in its place.

    Args:
        model: The same weights in every process, on the CPU.
        ranks: The processes.
        parallel: "ddp": each has the whole model, and they exchange gradients (Li et al. 2020,
            arXiv 2006.15704). "fsdp": each has a share of every weight, gradient and moment, and
            borrows a block's others while it computes the block (Zhao et al. 2023, arXiv
            2304.11277; PyTorch's `fully_shard`).
    """
    if ranks.world_size == 1:
        return model.to(ranks.device)
    if parallel == "ddp":
        return DistributedDataParallel(model.to(ranks.device), gradient_as_bucket_view=True)
    mesh = init_device_mesh(ranks.device.type, (ranks.world_size,))
    # Angles and bounds stay what they are; only weights travel in half precision.
    half = torch.bfloat16 if ranks.device.type == "cuda" else None
    policy = MixedPrecisionPolicy(half, torch.float32, cast_forward_inputs=False)
    for part in (*model.blocks, model):
        # It moves the part to the device, and keeps a share: no device ever has the whole model.
        fully_shard(part, mesh=mesh, mp_policy=policy)
    return model


def exchange_gradients(model: nn.Module, now: bool) -> AbstractContextManager[object]:
    """Whether the backward pass within shares its gradients, or leaves that to a later one."""
    if isinstance(model, DistributedDataParallel) and not now:
        return model.no_sync()
    if isinstance(model, FSDPModule):
        model.set_requires_gradient_sync(now)
    return nullcontext()


def clip_gradients(model: nn.Module, most: float) -> float:
    """Cut the gradients of all parameters to a common norm; the norm that they had.

    Where processes share gradients (FSDP), it is the norm of all shares, the same in each process.
    """
    norm = nn.utils.clip_grad_norm_(model.parameters(), most)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)


def resolve_device(name: str) -> torch.device:
    """The device of that name, if it is there.

    Raises:
        RecipeError: If it is not, or is of another kind than these two.
    """
    device = known_device(name)
    if device.type == "cpu":
        return device
    if device.type != "cuda":
        raise RecipeError(f"device: expected cpu or cuda, found {name!r}")
    if device.index is None:
        device = torch.device(
            "cuda", int(os.environ.get("LOCAL_RANK", torch.cuda.current_device()))
        )
    if device.index >= torch.cuda.device_count():
        raise RecipeError(
            f"device: expected one of {torch.cuda.device_count()} GPUs, found {device}; "
            "start a process for each GPU at most"
        )
    torch.cuda.set_device(device)
    return device
