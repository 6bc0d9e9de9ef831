"""Forward passes of both U-Nets in NumPy alone: a second opinion, for tests, on what torch computes.

Written from the definitions of the layers, for clarity and not for speed; works in the type of its input, so float64
in gives a reference more exact than torch's float32.  `state` is a state dict of `unet.UNet` or
`retina_unet.RetinaUNet` with arrays for tensors.  All pictures are NCHW.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

State = Mapping[str, np.ndarray]
_EPSILON = 1e-5  # of BatchNorm, as torch has it


def conv2d(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """(N, in, H, W), (out, in, K, K), K odd -> (N, out, H, W): stride 1 and a border of zeros that keeps the size."""
    border = weight.shape[2] // 2
    padded = np.pad(x, ((0, 0), (0, 0), (border, border), (border, border)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
    y = np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    return y if bias is None else y + bias[:, None, None]


def conv_transpose2d(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(N, in, H, W), (in, out, 2, 2) -> (N, out, 2 H, 2 W): stride 2, so each pixel becomes a 2x2 square of its own."""
    squares = np.einsum("nihw,ioyx->nohywx", x, weight)
    batch, channels, height, _, width, _ = squares.shape
    return squares.reshape(batch, channels, 2 * height, 2 * width) + bias[:, None, None]


def upsample(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) -> (N, C, 2 H, 2 W): each pixel four times."""
    return x.repeat(2, axis=2).repeat(2, axis=3)


def max_pool(x: np.ndarray) -> np.ndarray:
    """(N, C, 2 H, 2 W) -> (N, C, H, W): the largest of each 2x2 square."""
    batch, channels, height, width = x.shape
    return x.reshape(batch, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5))


def relu(x: np.ndarray) -> np.ndarray:
    """What is negative becomes 0."""
    return np.maximum(x, 0)


def batch_norm(x: np.ndarray, state: State, name: str) -> np.ndarray:
    """BatchNorm `name` as at inference, (N, C, H, W) -> (N, C, H, W)."""
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    scale = state[f"{name}.weight"] / np.sqrt(variance + _EPSILON)
    return (x - mean[:, None, None]) * scale[:, None, None] + state[f"{name}.bias"][:, None, None]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), written so that nothing overflows."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softmax(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) scores -> probabilities, which add up to 1 over C."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def unet(x: np.ndarray, state: State) -> np.ndarray:
    """What unet.UNet answers in eval mode: (N, channels, H, W) -> (N, 1, H, W) probabilities."""
    levels = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("upsample."))
    skips = []
    for level in range(levels):
        skips.append(_normed_double_conv(x, state, f"down.{level}"))
        x = max_pool(skips[-1])
    x = _normed_double_conv(x, state, f"down.{levels}")
    for level in reversed(range(levels)):
        x = conv_transpose2d(x, state[f"upsample.{level}.weight"], state[f"upsample.{level}.bias"])
        x = _normed_double_conv(np.concatenate([skips[level], x], axis=1), state, f"up.{level}")
    return sigmoid(conv2d(x, state["head.weight"], state["head.bias"]))


def retina_unet(x: np.ndarray, state: State) -> np.ndarray:
    """What retina_unet.RetinaUNet answers: (N, 1, H, W) -> (N, 2, H, W) probabilities."""
    skips = []
    for level in range(2):
        skips.append(_double_conv(x, state, f"down.{level}"))
        x = max_pool(skips[-1])
    x = _double_conv(x, state, "bottom")
    for level in reversed(range(2)):
        x = _double_conv(np.concatenate([upsample(x), skips[level]], axis=1), state, f"up.{level}")
    return softmax(relu(conv2d(x, state["head.weight"], state["head.bias"])))


def _normed_double_conv(x: np.ndarray, state: State, name: str) -> np.ndarray:
    for conv, norm in ((0, 1), (3, 4)):
        x = relu(batch_norm(conv2d(x, state[f"{name}.{conv}.weight"]), state, f"{name}.{norm}"))
    return x


def _double_conv(x: np.ndarray, state: State, name: str) -> np.ndarray:
    for conv in (0, 2):
        x = relu(conv2d(x, state[f"{name}.{conv}.weight"], state[f"{name}.{conv}.bias"]))
    return x
