"""A running board in a box: the server of a real board, in the arm64 userland, on 127.0.0.1."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

from ...errors import CheckFailed, last_line
from ...progress import Progress, silent
from ..ready import NotReady, address_when_ready
from ..wire import Address
from .emulator import find_emulator
from .installation import Installation, install, link_packages
from .processors import Processor, processor

Counting = Literal["nothing", "engines", "everything"]
_LOOPBACK = "127.0.0.1"
_START_SECONDS = 240.0  # the first start compiles the Python files; one that counts took 90 on a busy machine
_STOP_SECONDS = 5.0
_SAME_ADDRESSES = 0x0040000  # ADDR_NO_RANDOMIZE, personality(2)


class Box:
    """A context manager: the board stops with it, and with this process."""

    def __init__(
        self,
        cpu: str = "cortex-a72",
        *,
        port: int = 0,
        key: str = "",
        tracker: Address | None = None,
        counting: Counting = "nothing",
        progress: Progress = silent,
    ) -> None:
        """Start a board with processor `cpu`; port 0 takes any free one.

        Where the emulator counts instructions and cache misses, the clock is the modelled one, and all is two to four
        times slower to wait for: in the processes of engines, or everywhere, so that TVM's timer answers with it, too.
        Raises TilewrightError without the emulator, CheckFailed when the
        board does not start.
        """
        emulator = find_emulator()
        self.processor = processor(cpu)
        installation = _set_up(counting, progress)
        progress(f"starting a board in a box ({cpu})")
        self._folder = tempfile.TemporaryDirectory(prefix="tilewright-box-")
        folder = Path(self._folder.name)
        link_packages(folder / "packages")
        self.log = folder / "log.txt"
        command = [str(installation.python), "-m", "tilewright.compile.boards.on_board.server"]
        command += [f"{_LOOPBACK}:{port}", key, *([str(tracker)] if tracker else [])]
        environment = _environment(emulator, installation, self.processor, folder)
        if counting != "nothing":
            environment |= _counting(self.processor, folder, counting)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
                start_new_session=True,  # its sessions and their engines are stopped with it
                preexec_fn=_before_start,
            )
        try:
            self.address = address_when_ready(self._process, self.log, _START_SECONDS)
        except BaseException as error:
            self.stop()
            if isinstance(error, NotReady):
                raise CheckFailed(f"the board in a box ({cpu}) did not start: {error}") from None
            raise

    def last_words(self) -> str:
        """The last line of its log."""
        return last_line(self.log.read_bytes())

    def kill(self) -> None:
        """Pull the plug: nothing is tidied up on the board."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End the board, and whatever runs on it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self.kill()
        self._folder.cleanup()

    @property
    def running(self) -> bool:
        """Whether its server is alive."""
        return self._process.poll() is None

    def __enter__(self) -> Box:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _set_up(counting: Counting, progress: Progress) -> Installation:
    """The installation and the plugin that counts, both there from the second time on; at first built side by side."""
    if counting == "nothing":
        return install(progress)
    from ..cost.build_plugin import plugin

    with ThreadPoolExecutor(1) as beside:
        built = beside.submit(plugin)
        installation = install(progress)
        built.result()
    return installation


def _environment(emulator: str, installation: Installation, board: Processor, folder: Path) -> dict[str, str]:
    """A clean one: what the host sets for its own Python and TVM would reach the guest."""
    return {
        "PATH": "/usr/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),  # sessions' files go with the board
        "LANG": "C.UTF-8",
        "BOARD_QEMU": emulator,
        "BOARD_CPU": board.name,
        "BOARD_QEMU_ARGUMENTS": "",
        "BOARD_ROOT": str(installation.root_of(board)),
        "PYTHONPATH": f"{folder / 'packages'}:{installation.folder / 'site'}",
        "TVM_USE_RUNTIME_LIB": "1",
        "TVM_NUM_THREADS": str(len(os.sched_getaffinity(0))),
        "OMP_NUM_THREADS": "1",  # NumPy's own threads only cost time here
        "OPENBLAS_NUM_THREADS": "1",
    }


def _counting(board: Processor, folder: Path, where: Counting) -> dict[str, str]:
    from ..cost.cores import core
    from ..cost.counter import VARIABLE
    from ..cost.plugin_argument import plugin_argument

    answers = folder / "counts"
    plugin = f"-plugin {plugin_argument(core(board.name), answers)}"
    told = {"BOARD_ENGINE_ARGUMENTS": plugin, VARIABLE: str(answers), "BOARD_CORE": board.name}
    if where == "everything":
        # One thread's clock: others, waiting for work, would run through the caches that are counted.
        told |= {"BOARD_QEMU_ARGUMENTS": plugin, "TVM_NUM_THREADS": "1"}
    return told


def _before_start() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of a crashed session: gigabytes
    ctypes.CDLL(None).personality(_SAME_ADDRESSES)  # counted cache misses would differ from start to start
