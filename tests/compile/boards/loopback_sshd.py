"""An sshd of a test's own: on 127.0.0.1, run by this user, with keys of its own and a home folder of its own."""

import os
import pwd
import socket
import subprocess
import sys
import time
from pathlib import Path

SSHD = Path("/usr/sbin/sshd")
LOOPBACK = "127.0.0.1"
# What pip needs to reach its index from here, it needs at the other end, too.
_FOR_PIP = ("PIP_", "SSL_CERT_")

_SSHD_CONFIG = """
ListenAddress {loopback}
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
AuthenticationMethods publickey
PidFile none
StrictModes no
UsePAM no
SetEnv {environment}
"""
_SSH_CONFIG = """
Host *
    Port {port}
    IdentityFile {folder}/{key}
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile {folder}/known_hosts
"""


class LoopbackSshd:
    """A context manager.  `home` is where its users' files go, `path` what is put before their PATH."""

    def __init__(self, folder, path=""):
        assert SSHD.is_file(), "boards over SSH are tested with a real sshd: sudo apt-get install -y openssh-server"
        self.folder, self.home = folder, folder / "home of the board"
        self.home.mkdir()
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.destination = f"{self.user}@{LOOPBACK}"
        for name in ("host_key", "user_key", "other_key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self.port = free_port()
        settings = {"folder": folder, "port": self.port, "loopback": LOOPBACK}
        self._config = folder / "sshd_config"
        self._config.write_text(_SSHD_CONFIG.format(environment=self._environment(path), **settings))
        for key in ("user_key", "other_key"):
            (folder / f"ssh_config_{key}").write_text(_SSH_CONFIG.format(key=key, **settings))

    def ssh(self, key="user_key"):
        """For TILEWRIGHT_SSH."""
        return f"ssh -F {self.folder / f'ssh_config_{key}'}"

    def _environment(self, path):
        bins = f"{Path(sys.executable).parent}:/usr/bin:/bin"  # this Python: it can make virtual environments
        settings = {"HOME": self.home, "PATH": f"{path}:{bins}" if path else bins}
        settings |= {name: value for name, value in os.environ.items() if name.startswith(_FOR_PIP)}
        settings |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        cache = subprocess.run(
            [sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True
        )
        settings["PIP_CACHE_DIR"] = cache.stdout.strip()  # the wheels are there: `make` has installed the same
        return " ".join(f'"{name}={value}"' for name, value in settings.items())

    def __enter__(self):
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd locks its helpers in
        with (self.folder / "sshd.log").open("wb") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", self._config], stdout=log, stderr=log)
        began = time.monotonic()
        while True:
            try:
                socket.create_connection((LOOPBACK, self.port)).close()
                return self
            except ConnectionRefusedError:
                assert self.process.poll() is None, (self.folder / "sshd.log").read_text()
                assert time.monotonic() - began < 20
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
