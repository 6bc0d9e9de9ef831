"""The systemd unit of a board's server."""

from __future__ import annotations

_UNIT = """[Unit]
Description=tilewright: serve this board over TVM RPC
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={command}
User={user}
Restart=always
RestartSec=2
# TVM RPC runs what it is sent: it listens on 127.0.0.1, and gets no more rights than it needs.
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full
LimitCORE=0

[Install]
WantedBy=multi-user.target
"""


def unit_file(program: str, user: str, key: str = "", tracker: str | None = None) -> str:
    """The text of /etc/systemd/system/tilewright-board.service; `program` is the path of the command `tilewright`."""
    command = [program, "board", "serve"]
    command += ["--key", key] if key else []
    command += ["--tracker", tracker] if tracker else []
    return _UNIT.format(command=" ".join(command), user=user)
