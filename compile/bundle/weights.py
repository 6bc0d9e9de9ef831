"""A Bundle's weights, read straight into TVM's memory, and a NumPy view of that memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from zipfile import ZipFile

import numpy as np

from .sparse import unpack
from .write import PARAMS

_PIECE_BYTES = 1 << 20
Empty = Callable[[tuple[int, ...], str], Any]  # (shape, dtype) -> a TVM tensor


class StoredWeights:
    """The weights in a Bundle's folder, by name; each is read when it is asked for, and never exists twice."""

    def __init__(self, folder: Path) -> None:
        self._file = ZipFile(folder / PARAMS)
        self._numbers = {str(name): index for index, name in enumerate(self._array("names"))}
        self._sparse = {name for name in self._file.namelist() if name.startswith("bits")}

    def __enter__(self) -> StoredWeights:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all of them."""
        return tuple(self._numbers)

    def read(self, name: str, empty: Empty) -> Any:
        """One as a TVM tensor, in memory that `empty` gives."""
        number = self._numbers[name]
        if f"bits{number}.npy" in self._sparse:
            return self._read_sparse(number, empty)
        with self._file.open(f"p{number}.npy") as member:
            np.lib.format.read_magic(member)
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
            tensor = empty(shape, str(dtype))
            memory: Any = numpy_view(tensor).reshape(-1).view(np.uint8)
            for start in range(0, memory.size, _PIECE_BYTES):  # an archive's member gives copies only
                memory[start : start + _PIECE_BYTES] = np.frombuffer(member.read(_PIECE_BYTES), np.uint8)
        return tensor

    def _read_sparse(self, number: int, empty: Empty) -> Any:
        shape, bits, values = (self._array(f"{name}{number}") for name in ("shape", "bits", "p"))
        tensor = empty(tuple(map(int, shape)), str(values.dtype))
        unpack(bits, values, numpy_view(tensor).reshape(-1))
        return tensor

    def _array(self, member: str) -> np.ndarray:
        with self._file.open(f"{member}.npy") as file:
            return np.lib.format.read_array(file, allow_pickle=False)


def numpy_view(tensor: Any) -> np.ndarray:
    """A NumPy array over the memory of a TVM tensor on the CPU, which must outlive it."""
    dtype, count = np.dtype(tensor.dtype), int(np.prod(tensor.shape, dtype=np.int64))
    address = ctypes.cast(tensor.handle.contents.data, ctypes.c_void_p).value or 0
    memory: Any = (ctypes.c_uint8 * (count * dtype.itemsize)).from_address(address + tensor.handle.contents.byte_offset)
    return np.frombuffer(memory, dtype, count).reshape(tensor.shape)
