"""Where training computes: on a GPU where torch sees one, else on the CPU."""

from __future__ import annotations

import torch

from ...compile.cpu import host_cpu

CPU = torch.device("cpu")


def training_device() -> torch.device:
    """The first CUDA device, or the CPU; an empty CUDA_VISIBLE_DEVICES hides a GPU, as everywhere."""
    return torch.device("cuda") if torch.cuda.is_available() else CPU


def bfloat16_here() -> bool:
    """Whether what trains here multiplies in that type, rather than pretends to."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(host_cpu().features & {"avx512bf16", "amx-bf16", "bf16"})
