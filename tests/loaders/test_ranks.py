from typing import Any

import pytest

from haybale.corpus.errors import RecipeError
from haybale.loaders.ranks import resolve_rank


class _Mesh:
    """What is asked of a `DeviceMesh`; a real one is in the tests of integrations."""

    mesh_dim_names: tuple[str, ...] | None = None

    def __init__(self, shape: tuple[int, ...], coordinate: list[int] | None) -> None:
        self.shape, self._coordinate = shape, coordinate

    def get_coordinate(self) -> list[int] | None:
        return self._coordinate

    def size(self) -> int:
        product = 1
        for size in self.shape:
            product *= size
        return product


@pytest.mark.parametrize(
    ("shape", "coordinate", "rank", "world_size"),
    [((4,), [3], 3, 4), ((2, 3), [1, 2], 5, 6), ((2, 3), [0, 2], 2, 6)],
)
def test_a_mesh_is_counted_row_by_row(
    shape: tuple[int, ...], coordinate: list[int], rank: int, world_size: int
) -> None:
    mesh: Any = _Mesh(shape, coordinate)
    assert resolve_rank(None, None, mesh) == (rank, world_size)


def test_without_anything_there_is_one_rank() -> None:
    assert resolve_rank(None, None, None) == (0, 1)


@pytest.mark.parametrize(
    ("rank", "world_size", "mesh", "message"),
    [
        (0, None, None, "both rank and world_size"),
        (2, 2, None, r"a rank in \[0, 2\), found 2"),
        (0, 1, _Mesh((2,), [0]), "a mesh, or rank and world_size"),
        (None, None, _Mesh((2,), None), "this process is not in it"),
    ],
)
def test_contradictions_are_refused(
    rank: int | None, world_size: int | None, mesh: Any, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        resolve_rank(rank, world_size, mesh)
