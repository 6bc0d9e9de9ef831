"""Memory for weights in large pages, and for what is needed only while they are packed.

A network streams through all its weights at each run; looking up the addresses of 4 KiB pages cost EfficientNet-Lite0
some 4 % of its time.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

from ..tvm_stack import runtime

_CHUNK_BYTES = 64 << 20  # of address space: memory is taken as it is written
_ALIGNMENT = 64  # TVM's
_SMALL_BYTES = 64 << 10


class HugePages:
    """Tensors side by side in memory for which the kernel is asked for large pages; it may have none."""

    def __init__(self) -> None:
        self._chunk: Any = b""
        self._used = 0

    def empty(self, shape: tuple[int, ...], dtype: str) -> Any:
        """A TVM tensor, not initialized; it keeps its memory alive."""
        count = int(np.prod(shape, dtype=np.int64))
        size = count * np.dtype(dtype).itemsize
        start = -(-self._used // _ALIGNMENT) * _ALIGNMENT
        if start + size > len(self._chunk):
            self._chunk, start = _chunk(max(size, _CHUNK_BYTES)), 0
        self._used = start + size
        return runtime().nd.from_dlpack(np.frombuffer(self._chunk, dtype, count, start).reshape(shape))

    def zeros(self, shape: tuple[int, ...], dtype: str) -> Any:
        """The same, written: memory that never was is one page for all, and always in the cache."""
        tensor = self.empty(shape, dtype)
        tensor.copyfrom(np.zeros(shape, dtype))
        return tensor


def transient(shape: tuple[int, ...], dtype: str) -> Any:
    """A TVM tensor, not initialized, whose memory goes back to the system as soon as it is dropped.

    What malloc gives, it keeps for the next one: ResNet18 loaded with 80 MB that nobody used any more.
    """
    count = int(np.prod(shape, dtype=np.int64))
    size = count * np.dtype(dtype).itemsize
    if size < _SMALL_BYTES:
        return runtime().nd.empty(shape, dtype)
    memory = _mapped(size)
    return runtime().nd.from_dlpack(np.frombuffer(memory, dtype, count).reshape(shape))


def _chunk(size: int) -> mmap.mmap:
    memory = _mapped(size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def _mapped(size: int) -> mmap.mmap:
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
