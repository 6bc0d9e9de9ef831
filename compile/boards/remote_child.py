"""An engine's process on a board, spoken to as `benchmarking.child.Child` is to one on this machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ..benchmarking.engines import Job
from ..benchmarking.score_with import read_arrays, score_with
from ..progress import Progress, silent
from .connection import Connection

_LOAD_SECONDS = 300.0  # packing the weights, and a first run
_WORK_SECONDS = 900.0  # a block, or a batch of pictures
_PATIENCE_WHILE_COUNTING = 12  # one run of VGG16 takes five minutes in an emulator that counts


class RemoteChild:
    """A running worker with a loaded engine, on the board of `connection`; a context manager that ends it."""

    def __init__(self, connection: Connection, job: Job, inputs: Path, progress: Progress = silent) -> None:
        """Sends the model (a Bundle's folder, or a file) and the inputs first.

        Raises the engine's own error when it cannot load, BoardLost when the board goes away.
        """
        self.job, self._connection = job, connection
        self._patience = 1 if connection.state.core is None else _PATIENCE_WHILE_COUNTING
        model = Path(job.model)
        for file in sorted(model.iterdir()) if model.is_dir() else [model]:
            name = f"{model.name}/{file.name}" if model.is_dir() else model.name
            connection.send(file, name, progress)
        self._inputs = read_arrays(inputs)
        connection.send(inputs, inputs.name)
        placed = json.dumps(asdict(replace(job, model=model.name)))
        seconds = _LOAD_SECONDS * self._patience
        self._number, self.version = connection.call("board.start", placed, inputs.name, seconds=seconds)

    def ask(self, command: str, on_done: Callable[[int], None] = lambda done: None, **arguments: Any) -> Any:
        """As Child.ask; a file that the command writes comes back to the path that was named."""
        if command == "block" and arguments["kind"] == "bound" and self.job.engine == "tvm":
            command = "evaluate"  # time_evaluator: Python on a slow core would show in a small network's time
            del arguments["kind"]
        outputs = arguments.get("outputs")
        if outputs is not None:
            arguments["outputs"] = Path(outputs).name
        text = json.dumps({"do": command, **arguments})
        result = self._connection.call("board.ask", self._number, text, seconds=_WORK_SECONDS * self._patience)
        if outputs is not None:
            self._connection.fetch(Path(outputs).name, Path(outputs))
        return result

    def score(self, on_done: Callable[[int], None], **arguments: Any) -> dict[str, Any]:
        """See Worker.score.  The data set stays on the host: the board gets tensors and gives tensors."""
        with tempfile.TemporaryDirectory(prefix="tilewright-score-") as folder:
            return score_with(lambda inputs: self._infer(inputs, Path(folder)), self._inputs, on_done, **arguments)

    def _infer(self, inputs: Mapping[str, np.ndarray], folder: Path) -> dict[str, np.ndarray]:
        np.savez(folder / "pictures.npz", **inputs)  # pyright: ignore[reportArgumentType]
        self._connection.send(folder / "pictures.npz", "pictures.npz")
        self.ask("infer", inputs="pictures.npz", outputs=str(folder / "answers.npz"))
        return read_arrays(folder / "answers.npz")

    def close(self) -> None:
        """End the process."""
        self._connection.call("board.stop", self._number)

    def __enter__(self) -> RemoteChild:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:  # else the session may be gone, and ends the process with it
            self.close()
