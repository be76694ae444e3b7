"""UTF-8 as kernels read it: one character, or eight bytes at once, at any place."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def character_bytes(first: Any) -> Any:
    """How many bytes a character has, by its first one."""
    if first < 0xC0:
        return 1
    if first < 0xE0:
        return 2
    return 3 if first < 0xF0 else 4


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def character_key(data: Any, at: Any, num_bytes: Any) -> Any:
    """A character's bytes as one number."""
    key = np.uint64(data[at])
    for further in range(at + 1, at + num_bytes):
        key = key << np.uint64(8) | np.uint64(data[further])
    return key


@intrinsic  # type: ignore[untyped-decorator]
def _load_word(typing: Any, data: Any, at: Any) -> Any:
    """Eight bytes of a uint8 array as uint64, at any place: Numba has no such load of its own."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        word = ir.IntType(64)
        place = builder.gep(array.data, [arguments[1]])
        place = builder.bitcast(place, word.as_pointer())
        return builder.load(place, align=1, typ=word)

    return types.uint64(data, types.int64), generate


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def load_word(data: Any, at: Any, num_bytes: Any) -> Any:
    """One to eight bytes from `at`, zeros behind them; never a byte beyond the array."""
    num_bytes = min(num_bytes, 8)
    if at + 8 <= len(data):
        return _load_word(data, np.int64(at)) & (_ALL >> np.uint64(64 - 8 * num_bytes))
    word = np.uint64(0)
    for place in range(num_bytes):
        word |= np.uint64(data[at + place]) << np.uint64(8 * place)
    return word


@intrinsic  # type: ignore[untyped-decorator]
def prefetch_row(typing: Any, array: Any, row: Any) -> Any:
    """Ask for the cache line that a row of a two-dimensional array begins in."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        strides = builder.extract_value(view.strides, 0)
        start = builder.ptrtoint(view.data, ir.IntType(64))
        byte = ir.IntType(8).as_pointer()
        place = builder.inttoptr(builder.add(start, builder.mul(arguments[1], strides)), byte)
        number = ir.IntType(32)
        name = "llvm.prefetch.p0"
        function = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, number, number, number]), name
        )
        # To be read, kept in every cache, data.
        builder.call(function, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate
