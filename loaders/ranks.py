"""Which share of each step a process takes."""

from typing import TYPE_CHECKING

import torch

from haybale.corpus.errors import RecipeError
from haybale.loaders.whole_numbers import whole

if TYPE_CHECKING:
    from torch.distributed.device_mesh import DeviceMesh

_SAME_SAMPLES = ("tp", "pp", "cp", "sp", "ep", "etp")
"""What meshes call dimensions whose ranks work on the same samples."""


def resolve_rank(
    rank: int | None, world_size: int | None, mesh: "DeviceMesh | None"
) -> tuple[int, int]:
    """Rank and number of ranks: from the arguments, the mesh or the process group, in this order.

    Args:
        rank: Of this process among those that take different samples.
        world_size: How many these are.
        mesh: The data-parallel mesh, of one dimension or more, as in `world["dp"]` or
            `world["dp_replicate", "dp_shard"]`. Ranks that differ only in other dimensions of the
            world (tensor, pipeline, context) have the same place in it, and get the same samples.

    Raises:
        RecipeError: If they contradict each other.
    """
    if mesh is not None:
        if rank is not None or world_size is not None:
            raise RecipeError("give a mesh, or rank and world_size, and not both")
        return _in_mesh(mesh)
    if (rank is None) != (world_size is None):
        raise RecipeError("give both rank and world_size, or neither")
    if rank is None or world_size is None:
        distributed = torch.distributed
        if not (distributed.is_available() and distributed.is_initialized()):
            return 0, 1
        return distributed.get_rank(), distributed.get_world_size()
    rank, world_size = whole("rank", rank), whole("world_size", world_size, 1)
    if not 0 <= rank < world_size:
        raise RecipeError(f"expected a rank in [0, {world_size}), found {rank}")
    return rank, world_size


def _in_mesh(mesh: "DeviceMesh") -> tuple[int, int]:
    names = mesh.mesh_dim_names or ()
    if shared := [name for name in names if name in _SAME_SAMPLES]:
        kept = ", ".join(repr(name) for name in names if name not in shared)
        raise RecipeError(
            f"mesh: ranks that differ only in {', '.join(shared)} need the same samples; give "
            + (f"the data-parallel part, mesh[{kept}]" if kept else "rank=0 and world_size=1")
        )
    coordinate = mesh.get_coordinate()
    if coordinate is None:
        raise RecipeError(
            "mesh: this process is not in it; give each process the mesh that it belongs to"
        )
    rank = 0
    for place, size in zip(coordinate, mesh.shape, strict=True):
        rank = rank * size + place
    return rank, mesh.size()
