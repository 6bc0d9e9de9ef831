"""The schedule of what moves a window over every channel by itself: depthwise convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tvm import te

from ..machines import Machine
from . import steps


@dataclass(frozen=True)
class Config:
    """strip: output rows of a task; columns: outputs in the registers."""

    strip: int
    columns: int


def lanes_at_once(machine: Machine, block: int) -> int:
    """How many of a block's channels the innermost loops work on: all in one or two vectors, else one vector.

    Of NEON's four the weights do not fit the registers, and asking whether a pixel lies beyond the edge takes a move
    for each: by vectors of their own MobileNetV2's depthwise layers take 0.75 to 0.9 times as many instructions.
    """
    return block if block <= 2 * machine.float_lanes else machine.float_lanes


def schedule_strips(
    result: Any, name: str, strip: int, columns: int, unroll_window: bool = True, lanes: int | None = None
) -> tuple[te.Schedule, Any]:
    """The schedule, and its loop over the tasks: strips of `strip` rows of one block of channels.

    The tensor called `name` reads the windows, `columns` of them in the registers at once; pixels are read where they
    lie, those beyond the edge too.  With `lanes` only so many channels are worked on at once, all along the strip.
    """
    plan = te.create_schedule(result.op)
    last = steps.find(result, name)
    windows = last.op.input_tensors[0]
    steps.inline_epilogue(plan, result, last)
    image = windows.op.input_tensors[0]
    if image.op.name == "padded":
        plan[image].compute_inline()

    # The output: a strip of rows of one block of channels is a task.
    stage = plan[result]
    n, c, y, x, i = stage.op.axis
    strip_y, y = stage.split(y, factor=strip)
    tile_x, x = stage.split(x, factor=columns)
    vectors = []
    if lanes is not None:
        vector, i = stage.split(i, factor=lanes)
        vectors = [vector]
    stage.reorder(n, c, strip_y, *vectors, y, tile_x, x, i)
    task = stage.fuse(n, c, strip_y)
    stage.parallel(task)
    stage.unroll(x)
    stage.vectorize(i)

    # Its windows, in registers.
    stage = plan[windows]
    stage.set_scope("local")
    stage.compute_at(plan[result], tile_x)
    n, c, y, x, i = stage.op.axis
    vertical, horizontal = stage.op.reduce_axis
    stage.reorder(n, c, y, vertical, horizontal, x, i)
    for axis in (vertical, horizontal, x) if unroll_window else (x,):
        stage.unroll(axis)
    stage.vectorize(i)
    return plan, task
