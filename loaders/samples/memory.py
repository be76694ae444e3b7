"""Memory by its address, for kernels."""

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_LINE_BYTES = 64


@intrinsic  # type: ignore[untyped-decorator]
def pointer(typing_context: Any, address: Any, like: Any) -> Any:
    """The address as a pointer to what the array `like` holds, for `numba.carray`."""
    kind = types.CPointer(like.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(kind))

    return kind(address, like), generate


@intrinsic  # type: ignore[untyped-decorator]
def _fetch_line(typing_context: Any, address: Any) -> Any:
    """Begin to read a cache line."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        fetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, *([number] * 3)])
        )
        read, keep, data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(fetch, [builder.inttoptr(arguments[0], byte), read, keep, data])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@njit(inline="always")  # type: ignore[untyped-decorator]
def fetch(address: int, num_bytes: int) -> None:
    """Begin to read memory into the nearest cache, without waiting for it."""
    for begin in range(0, num_bytes, _LINE_BYTES):
        _fetch_line(address + begin)
