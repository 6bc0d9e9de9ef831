"""A weight on the levels that it is stored in: groups of a filter's weights share a scale, which is learned."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ....compile.storing.integers import Integers
from ....compile.storing.scales import choose_scales
from .fake_quantize import Levels, fake_quantize, to_levels
from .learned_step import LearnedStep


class OnLevels(nn.Module):
    """A parametrization (torch.nn.utils.parametrize): a real weight -> what is left of it in `form`.

    The scales start as `choose_scales` finds them, and are kept to the upper half of a float32, as they are stored.
    """

    def __init__(self, values: np.ndarray, axis: int, form: Integers, group: int | None) -> None:
        """`axis` of `values` are the filters; `group` weights of one share a scale, None: all."""
        super().__init__()
        self.axis, self.levels = axis, Levels(form.lowest, -form.lowest - 1)
        matrix = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
        self.inputs = matrix.shape[1]
        self.blocked = group is not None and group < self.inputs
        self.group = group if group is not None and self.blocked else self.inputs
        _, scales = choose_scales(matrix, form, self.group)
        self.scales = LearnedStep(torch.from_numpy(scales), self.levels)

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The weight, of its own shape, on its levels."""
        scales = self.scales(self.group)
        scales = scales + (_upper_half(scales) - scales).detach()
        moved = weight.movedim(self.axis, 0)
        rounded = fake_quantize(moved.flatten(1), self._spread(scales), 0, self.levels)
        return rounded.reshape(moved.shape).movedim(0, self.axis)

    def stored(self, weight: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """(levels, scales) of the real `weight`, float32, in the shapes that `write_levels` gives them."""
        scales = _upper_half(self.scales.value)
        moved = weight.detach().movedim(self.axis, 0)
        levels = to_levels(moved.flatten(1), self._spread(scales), self.levels)
        if self.blocked:
            return levels.numpy(), scales.numpy()
        return levels.reshape(moved.shape).movedim(0, self.axis).numpy(), scales[:, 0].numpy()

    def _spread(self, scales: torch.Tensor) -> torch.Tensor:
        """(filters, groups) as (filters, inputs)."""
        return scales.repeat_interleave(self.group, dim=1)[:, : self.inputs]


def _upper_half(scales: torch.Tensor) -> torch.Tensor:
    """To the nearest float32 whose lower half is zero."""
    return scales.bfloat16().float()
