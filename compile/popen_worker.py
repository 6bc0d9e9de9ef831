"""TVM's worker process, started without what only its tuners import."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from tvm.contrib.popen_pool import PopenWorker

_MAIN = "from tilewright.compile.tvm_stack import runtime; runtime(); from tvm.exec.popen_worker import main; main()"


class LeanWorker(PopenWorker):
    """`python -m tvm.exec.popen_worker` imports TVM with xgboost, and so scikit-learn: 2 of its 4 s."""

    _proc: Any

    def _start(self) -> None:
        if self._proc is not None:
            return
        main_read, worker_write = os.pipe()
        worker_read, main_write = os.pipe()
        theirs = (worker_read, worker_write)
        command = [sys.executable, "-c", _MAIN, *map(str, theirs)]
        self._proc = subprocess.Popen(command, pass_fds=theirs, stdout=self._stdout, stderr=self._stderr)
        for one in theirs:
            os.close(one)
        self._reader, self._writer = os.fdopen(main_read, "rb"), os.fdopen(main_write, "wb")
