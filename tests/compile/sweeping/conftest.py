"""A Slurm of one node, of Debian's packages, for as long as the tests run."""

import os
import shutil
import socket
import subprocess
import time

import pytest

_PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch")
_CONFIGURATION = """
ClusterName=one
SlurmctldHost={host}
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
KillWait=1
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName={host} CPUs={cores} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    sockets = [socket.create_server(("", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """The environment of its clients."""
    if any(shutil.which(name) is None for name in _PROGRAMS) or os.geteuid():
        pytest.skip("needs root and Debian's slurmctld, slurmd, slurm-client and munge")
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    names = {"host": socket.gethostname(), "ports": free_ports(2), "folder": folder, "cores": os.cpu_count()}
    (folder / "slurm.conf").write_text(_CONFIGURATION.format(**names))
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    files = {"socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    munge = ["munged", "--foreground", "--force", f"--key-file={key}"]
    munge += [f"--{option}={folder}/munge.{ending}" for option, ending in files.items()]
    daemons = []
    try:
        for command in (munge, ["slurmctld", "-D"], ["slurmd", "-D"]):
            log = (folder / f"{command[0]}.out").open("w")
            daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
            time.sleep(1)
        _wait_for_node(environment, folder)
        yield {"SLURM_CONF": environment["SLURM_CONF"]}
    finally:
        for one in reversed(daemons):
            one.kill()
            one.wait()


def _wait_for_node(environment, folder):
    command = ["sinfo", "--noheader", "--format=%T"]
    for _ in range(60):
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if found.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    logs = "\n".join(one.read_text()[-1000:] for one in folder.glob("slurm*.log"))
    raise AssertionError(f"Slurm's node is not idle: {found.stdout} {found.stderr}\n{logs}")
