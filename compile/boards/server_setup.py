"""What a board over SSH is told: a shell script that sets the server up in its cache, and one that starts it.

Wheels and the project's own files are kept apart, so that a newer tilewright does not fetch 400 MB of wheels again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shlex
import tarfile
from dataclasses import dataclass

from .box.wheels import OTHERS, TVM
from .own_packages import own_packages
from .wire import Address

_HOME = '"${XDG_CACHE_HOME:-$HOME/.cache}/tilewright/server"'
# All that is said goes to standard error, which is what is looked at: Python's venv tells its failures on the other.
# The lock: two hosts may come at once.
_INSTALL = """set -e
exec 1>&2
mkdir -p {home}
cd {home}
exec 9> lock
flock 9
if [ ! -e packages-{packages}/ready ]; then
    rm -rf packages-{packages}
    mkdir packages-{packages}
    tar -xzf - -C packages-{packages}
    touch packages-{packages}/ready
else
    cat > /dev/null
fi
if [ ! -e wheels-{wheels}/ready ]; then
    rm -rf wheels-{wheels}
    python3 -m venv wheels-{wheels} || {{ echo "python3 -m venv does not work: apt-get install python3-venv"; exit 1; }}
    pip="wheels-{wheels}/bin/python -m pip --quiet --disable-pip-version-check install --only-binary=:all:"
    $pip {others}
    $pip --no-deps {tvm}
    touch wheels-{wheels}/ready
fi"""
# In a folder of ours: Python takes modules from the one that it starts in.
_SERVE = """cd {home} && PYTHONPATH="$PWD/packages-{packages}" TVM_USE_RUNTIME_LIB=1 \
exec wheels-{wheels}/bin/python -m tilewright.compile.boards.on_board.server {address}"""


@dataclass(frozen=True)
class ServerSetup:
    """`archive` is the project's own Python files, a tar.gz for the script's standard input."""

    archive: bytes

    @property
    def install(self) -> str:
        """The script that sets up what is not there yet: 400 MB, a few minutes on a Raspberry Pi."""
        others, tvm = shlex.join(OTHERS), shlex.join(TVM)
        return _INSTALL.format(home=_HOME, packages=self._packages, wheels=self._wheels, others=others, tvm=tvm)

    def serve(self, address: Address) -> str:
        """The script that becomes the server, listening at `address`; it ends with its standard input."""
        return _SERVE.format(home=_HOME, packages=self._packages, wheels=self._wheels, address=address)

    @property
    def _packages(self) -> str:
        return _digest(self.archive)

    @property
    def _wheels(self) -> str:
        return _digest(repr((OTHERS, TVM)).encode())


def server_setup() -> ServerSetup:
    """Of this very tilewright: the same for the same files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for room, root in own_packages().items():
            for file in sorted(root.rglob("*.py")):
                member = tarfile.TarInfo(f"tilewright/{room}/{file.relative_to(root)}")
                member.size = file.stat().st_size
                with file.open("rb") as content:
                    tar.addfile(member, content)
    return ServerSetup(gzip.compress(plain.getvalue(), mtime=0))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
