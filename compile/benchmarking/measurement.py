"""One row of a benchmark: the schema of `--json`, of the store and of every report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one run of a whole batch: the 10th percentile, the median and the 90th."""

    p10: float
    median: float
    p90: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Latency:
        """The percentiles of raw times."""
        p10, median, p90 = np.percentile(np.asarray(milliseconds), [10, 50, 90])
        return cls(float(p10), float(median), float(p90))


@dataclass(frozen=True)
class Accuracy:
    """`value`, from 0 to 1, of `metric` ("top1", "dice"...) over the `n` pictures of `data`.

    `counts` are the whole numbers behind it (right answers, pixels), `classes` the value of each class.
    The errors are those of the network's first output against the fp32 network's, on the first of the pictures: the
    mean square, and its ratio to the mean square of the values; None where no fp32 network ran beside.
    """

    metric: str
    value: float
    n: int
    data: str
    counts: dict[str, int] = field(default_factory=dict)
    classes: dict[str, float] = field(default_factory=dict)
    squared_error: float | None = None
    relative_error: float | None = None


@dataclass(frozen=True)
class Measurement:
    """One engine on one model.

    `latency_ms` is between tensors bound beforehand, `numpy_latency_ms` from NumPy arrays to NumPy arrays; both, and
    `macs`, are of one run of the whole batch.  `speedup` is, for each engine compared with, its median over ours.
    The errors are against ONNX Runtime on the same input.  `accuracy` is None where there is no data;
    `accuracy_note` then says why.  Bytes are None where an engine does not tell them.  `tuned_share` is the share of
    our time in kernels that a tuning record decided.  `onnx_bytes` is the size of the ONNX graph, `training_seconds`
    what a quantization that trained has taken.  Where `modelled` is not None, the latencies are of the modelled clock
    of the core that it names, from the counts in it, and no measurement of time.  `energy_joules` is of one run of the
    whole batch, above the idle machine's; `energy_note` says by which meter, or why it is None; it is empty where
    nobody asked for it.
    """

    model: str
    engine: str
    precision: str
    target: str
    threads: int
    batch: int
    latency_ms: Latency
    numpy_latency_ms: Latency
    max_abs_error: float | None
    snr_db: float | None
    accuracy: Accuracy | None
    accuracy_note: str
    parameter_bytes: int | None
    code_bytes: int | None
    peak_rss_bytes: int | None
    params: int
    macs: int
    compile_seconds: float | None
    tuned_share: float | None
    energy_joules: float | None
    host: dict[str, Any]
    speedup: dict[str, float] = field(default_factory=dict)
    onnx_bytes: int | None = None
    training_seconds: float | None = None
    modelled: dict[str, Any] | None = None
    energy_note: str = ""

    @property
    def images_per_second(self) -> float:
        """Throughput at this batch, from the median of the bound latency."""
        return 1000 * self.batch / self.latency_ms.median

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "images_per_second": self.images_per_second}
