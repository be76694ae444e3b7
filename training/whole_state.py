"""A model's weights and AdamW's moments, whole: written by any number of processes, read by any."""

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor, distribute_tensor

from haybale.training.ranks import Ranks

_MOMENTS = ("exp_avg", "exp_avg_sq")


def whole_state(
    model: nn.Module, optimizer: torch.optim.AdamW, ranks: Ranks
) -> dict[str, Any] | None:
    """Weights and moments by parameter, gathered on the first process's CPU.

    Every process must call it. One tensor at a time is whole on the device.

    Returns:
        `model`: name to weights; `optimizer`: name to `step`, `exp_avg` and `exp_avg_sq`. None in
        the other processes.
    """
    if isinstance(model, FSDPModule):
        model.reshard()  # validation leaves what it borrowed last in place of its own parameters
    weights, moments = {}, {}
    for name, parameter in model.named_parameters():
        weights[name] = _whole(parameter.detach(), ranks)
        state = optimizer.state[parameter]
        moments[name] = {key: _whole(state[key], ranks) for key in ("step", *_MOMENTS)}
    return {"model": weights, "optimizer": moments} if ranks.is_first else None


def spread_state(
    saved: dict[str, Any] | None, model: nn.Module, optimizer: torch.optim.AdamW, ranks: Ranks
) -> None:
    """Give every process its part of what `whole_state` gathered.

    Args:
        saved: Of the first process; None in the others.
        model: Laid out as it is trained.
        optimizer: Of the model; it may not have stepped yet.
        ranks: The processes.
    """
    for name, parameter in model.named_parameters():
        weights = saved["model"][name] if saved else None
        state = saved["optimizer"][name] if saved else dict.fromkeys(("step", *_MOMENTS))
        with torch.no_grad():
            parameter.copy_(_part(weights, parameter, ranks))
        step = torch.zeros(()) if state["step"] is None else state["step"]
        if ranks.world_size > 1:
            step = step.to(ranks.device)
            distributed.broadcast(step, 0)
        # Where AdamW keeps it: on the device if it is fused.
        is_fused = optimizer.defaults["fused"]
        optimizer.state[parameter] = {"step": step.to(ranks.device if is_fused else "cpu")}
        for moment in _MOMENTS:
            optimizer.state[parameter][moment] = _part(state[moment], parameter, ranks)


def _whole(tensor: Tensor, ranks: Ranks) -> Tensor | None:
    whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return whole.to("cpu", copy=True) if ranks.is_first else None


def _part(whole: Tensor | None, like: Tensor, ranks: Ranks) -> Tensor:
    """What this process has of a tensor that the first has whole."""
    if whole is None:
        whole = torch.empty(like.shape, dtype=like.dtype)
    whole = whole.to(ranks.device)
    if isinstance(like, DTensor):
        return distribute_tensor(whole, like.device_mesh, like.placements, src_data_rank=0)
    if ranks.world_size > 1:
        distributed.broadcast(whole, 0)
    return whole
