"""The command line in a process of its own, forked from one that has imported what takes seconds to import."""

import multiprocessing
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["onnx", "onnxruntime", "torch", "torch.onnx", "tilewright.compile.cli.app"])
_SECONDS = 300
_CORES = os.sched_getaffinity(0)  # before TVM's thread pool pins the test's own thread to one of them


@dataclass(frozen=True)
class Outcome:
    """What a command gave.  `error` is the one line that a failed one must print."""

    code: int
    stdout: str
    stderr: str

    @property
    def error(self):
        lines = [line for line in self.stderr.splitlines() if line.startswith("tilewright: ")]
        assert len(lines) == 1, self.stderr
        assert self.stderr.splitlines()[-1] == lines[0], self.stderr
        assert "Traceback" not in self.stderr + self.stdout, self.stderr
        return lines[0].removeprefix("tilewright: ")


def run_command(arguments, environment, cwd=None):
    """Run `tilewright ARGUMENTS...` -> Outcome."""
    with tempfile.TemporaryDirectory() as temporary:
        files = [Path(temporary) / name for name in ("stdout", "stderr")]
        process = _SERVER.Process(target=_main, args=(list(map(str, arguments)), environment, cwd, files, _CORES))
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"tilewright {' '.join(map(str, arguments))} took more than {_SECONDS} s")
        return Outcome(process.exitcode, *(file.read_text(encoding="utf-8") for file in files))


def _main(arguments, environment, cwd, files, cores):
    os.sched_setaffinity(0, cores)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if cwd is not None:
        os.chdir(cwd)
    sys.argv = ["tilewright", *arguments]
    from tilewright.compile.cli import main

    main()
