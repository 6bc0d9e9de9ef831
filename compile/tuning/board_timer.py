"""A network built with given choices whose kernels are timed where they run on a board: NetworkTimer, elsewhere."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ..benchmarking.call_times import Calls
from ..boards.connection import Connection
from ..building.freeze_layout import Choose
from ..building.link import linker
from ..importing import ImportedModel
from ..targets import Target
from .alone.slots import Slots
from .network_timer import build_network

NETWORK_SECONDS = 3600  # VGG16 under an emulator that counts takes ten minutes


class BoardTimer:
    """`library` is TVM's executor factory; it is linked in `folder` and sent to one of `slots`."""

    def __init__(
        self, imported: ImportedModel, target: Target, choose: Choose | None, slots: Slots, folder: Path
    ) -> None:
        self.library, main = build_network(imported, target, choose)
        self._inputs = [one.name_hint for one in main["main"].params]
        self._slots, self._path = slots, Path(tempfile.mkdtemp(dir=folder)) / "network.so"
        self.library.export_library(str(self._path), fcompile=linker(target.architecture))

    def profile(self, threads: int) -> Calls:
        """As NetworkTimer.profile.  Raises BoardLost when no board answers."""

        def ask(session: Connection) -> Calls:
            session.send(self._path, self._path.name)
            asked = (self._path.name, json.dumps(self._inputs), threads)
            return [(name, taken) for name, taken in session.call("board.profile", *asked, seconds=NETWORK_SECONDS)]

        return self._slots.ask(ask)
