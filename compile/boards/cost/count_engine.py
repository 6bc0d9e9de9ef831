"""Count one inference of an engine, on the board: `python -m tilewright.compile.boards.cost.count_engine ...`.

    count_engine tvm resnet18.bundle inputs.npz            prints the counts as a line of JSON

The engines are those that are benchmarked (compile/benchmarking/engines), with one thread: the plugin counts all
threads of a process together, spinning ones too.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from ...benchmarking.engines import Job, create
from .counter import count
from .counts import to_json


def main(engine: str, model: str, inputs: str, warmups: str = "2") -> None:
    """Load `model` into `engine`, bind the arrays of `inputs`, and print what one run of it costs."""
    loaded = create(Job(engine, model, threads=1))
    with np.load(inputs) as arrays:
        loaded.bind(dict(arrays))
    counts = count(loaded.execute, int(warmups))
    print(json.dumps({**to_json(counts), "version": loaded.version}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
