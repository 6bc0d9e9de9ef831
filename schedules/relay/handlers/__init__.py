"""What each Relay operator does with operands in blocks; a handler returns None for what it leaves to the default."""

from __future__ import annotations

from . import concatenation, convolution, dynamic, elementwise, matrix, pooling, quantized, reduction, resizing

HANDLERS = {
    **convolution.HANDLERS,
    **matrix.HANDLERS,
    **elementwise.HANDLERS,
    **pooling.HANDLERS,
    **reduction.HANDLERS,
    **concatenation.HANDLERS,
    **resizing.HANDLERS,
    **quantized.HANDLERS,
    **dynamic.HANDLERS,
}
