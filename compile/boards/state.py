"""What a board has told of itself, on the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..cpu import HostCpu


@dataclass(frozen=True)
class BoardState:
    """`on_board.state.board_state`, with the server's key and for how long a session has been running there."""

    cpu: HostCpu
    key: str
    busy_seconds: float | None
    core: str | None
    told: dict[str, Any]

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> BoardState:
        """From the server's answer."""
        cpu = HostCpu(told["cpu"], told["architecture"], frozenset(told["features"]), int(told["cores"]))
        return cls(cpu, told["key"], told["busy"], told["core"], told)
