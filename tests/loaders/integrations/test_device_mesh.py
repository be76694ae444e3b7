"""`DeviceMesh`: ranks of one replica of the model get the same samples, and replicas share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from torch import distributed
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.testing._internal.distributed.fake_pg import FakeStore

from haybale.corpus.errors import RecipeError
from haybale.loaders import TokenDataset, TokenLoader

NAMES = ("dp_replicate", "dp_shard", "tp")
Meshes = Callable[[int], DeviceMesh]


@pytest.fixture
def mesh_of() -> Iterator[Meshes]:
    """2 x 2 x 2 ranks as one of them sees it; the others do not exist."""

    def mesh(rank: int) -> DeviceMesh:
        if distributed.is_initialized():
            distributed.destroy_process_group()
        distributed.init_process_group("fake", store=FakeStore(), rank=rank, world_size=8)
        return init_device_mesh("cpu", (2, 2, 2), mesh_dim_names=NAMES)

    yield mesh
    distributed.destroy_process_group()


def test_ranks_that_differ_in_tensor_parallelism_alone_take_the_same_share(
    dataset: TokenDataset, mesh_of: Meshes
) -> None:
    places = []
    for rank in range(8):
        loader = TokenLoader(dataset, 4, mesh=mesh_of(rank)["dp_replicate", "dp_shard"])
        places.append((loader.rank, loader.world_size))
    # The last dimension counts fastest: ranks 0 and 1, 2 and 3, ... are a replica each.
    assert places == [(rank // 2, 4) for rank in range(8)]


def test_one_dimension_of_data_parallelism_is_enough(
    dataset: TokenDataset, mesh_of: Meshes
) -> None:
    loader = TokenLoader(dataset, 4, mesh=mesh_of(6)["dp_replicate"])
    assert (loader.rank, loader.world_size) == (1, 2)


def test_without_a_mesh_every_rank_of_the_process_group_takes_its_own_share(
    dataset: TokenDataset, mesh_of: Meshes
) -> None:
    mesh_of(5)
    loader = TokenLoader(dataset, 4)
    assert (loader.rank, loader.world_size) == (5, 8)


def test_a_mesh_with_ranks_that_need_the_same_samples_is_refused(
    dataset: TokenDataset, mesh_of: Meshes
) -> None:
    with pytest.raises(RecipeError, match=r"give .*mesh\['dp_replicate', 'dp_shard'\]"):
        TokenLoader(dataset, 4, mesh=mesh_of(0))


@pytest.mark.parametrize("options", [{"rank": 0}, {"world_size": 2}], ids=str)
def test_a_mesh_and_a_rank_contradict_each_other(
    dataset: TokenDataset, mesh_of: Meshes, options: dict[str, Any]
) -> None:
    with pytest.raises(RecipeError, match="not both"):
        TokenLoader(dataset, 4, mesh=mesh_of(0)["dp_shard"], **options)
