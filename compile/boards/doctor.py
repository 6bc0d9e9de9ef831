"""What is wrong with a board, or with the way to it: each finding with its cure."""

from __future__ import annotations

import importlib.metadata
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..benchmarking.engines import Job
from ..bundle.checks import require_cpu
from ..bundle.manifest import read_manifest
from ..errors import TilewrightError
from ..host_state import Finding
from ..progress import Progress, silent
from ..targets import native
from ..tensor_spec import random_inputs
from ..tvm_stack import TVM_VERSION
from .box.box import Box
from .box.processors import processor_of
from .choice import BoardChoice, connect
from .connection import Connection
from .remote_child import RemoteChild
from .trial import trial_bundle

_ECHO_BYTES = 1 << 20
_SLOW_ECHO_SECONDS = 0.5


def examine(choice: BoardChoice, bundle: Path | None = None, progress: Progress = silent) -> list[Finding]:
    """Look at the chosen board, step by step: what cannot be reached ends the list, and is its last finding.

    `bundle` is one that is to run there.  Raises TilewrightError when no board is named.
    """
    if not choice.any:
        raise TilewrightError(
            "which board? Name it: --rpc HOST:PORT, --tracker and --key, --ssh USER@HOST or --board box"
        )
    findings: list[Finding] = []
    with ExitStack() as stack:
        try:
            began = time.monotonic()
            connection = stack.enter_context(_connect(choice, bundle, stack, progress))
            findings.append(
                Finding("session", "ok", f"taken on {connection.address}, {time.monotonic() - began:.1f} s")
            )
            findings += [_versions(connection), *_machine(connection), _echo(connection)]
            findings += _runs(connection, bundle, progress)
        except TilewrightError as error:
            findings.append(Finding("session" if not findings else "connection", "missing", str(error)))
    return findings


def _connect(choice: BoardChoice, bundle: Path | None, stack: ExitStack, progress: Progress) -> Connection:
    if choice.board is None:
        return connect(choice, stack, progress)
    target = read_manifest(bundle).target.name if bundle else "native"
    cpu = choice.board.partition(":")[2] or processor_of(target).name
    return Connection(stack.enter_context(Box(cpu, progress=progress)).address, progress=progress)


def _versions(connection: Connection) -> Finding:
    told = connection.state.told
    text = f"TVM {told['tvm']}, tilewright {told['tilewright'] or 'as here'}, Python {told['python']}, ONNX Runtime "
    text += told["onnxruntime"] or "missing (no comparison there)"
    if told["tvm"] != TVM_VERSION:
        return Finding("versions", "missing", f"{text}; here TVM {TVM_VERSION}", "Install the same TVM on both sides.")
    if told["tilewright"] not in (None, _own_version()):
        return Finding("versions", "warning", f"{text}; here {_own_version()}", "Install the same tilewright on both.")
    return Finding("versions", "ok", text)


def _own_version() -> str:
    return importlib.metadata.version("tilewright")


def _machine(connection: Connection) -> list[Finding]:
    told, cpu = connection.state.told, connection.cpu
    named = f"{cpu.model}, {cpu.architecture}, {cpu.cores} cores: {' '.join(sorted(cpu.features))}"
    try:
        findings = [Finding("CPU", "ok", f"{named}; made for it: --target {native(cpu).name}")]
    except TilewrightError as error:
        findings = [Finding("CPU", "warning", f"{named}; {error}", "Name a target yourself, with --target.")]
    governors, heat = told["governors"], told["temperature_celsius"]
    text = ", ".join(governors) or "governor not told"
    text += f", {told['clock_mhz']:.0f} MHz" if told["clock_mhz"] else ", clock not told"
    if governors and governors != ["performance"]:
        cure = "Run `sudo cpupower frequency-set -g performance` there before measuring."
        findings.append(Finding("clock", "warning", text, cure))
    else:
        findings.append(Finding("clock", "ok", text))
    text = "temperature not told" if heat is None else f"{heat:.0f} degrees C"
    if told["throttled"]:
        cure = "Cool the board, use a stronger power supply, restart it."
        findings.append(Finding("throttling", "warning", f"{text}; the clock was held down since the last boot", cure))
    else:
        findings.append(Finding("throttling", "ok", text))
    return findings


def _echo(connection: Connection) -> Finding:
    """A file there and back, the same to the byte."""
    with tempfile.TemporaryDirectory(prefix="tilewright-echo-") as folder:
        sent, back = Path(folder) / "sent", Path(folder) / "back"
        sent.write_bytes(np.random.default_rng(0).bytes(_ECHO_BYTES))
        began = time.monotonic()
        connection.send(sent, "echo")
        connection.fetch("echo", back)
        seconds = time.monotonic() - began
        if back.read_bytes() != sent.read_bytes():
            return Finding("echo", "missing", "a file came back changed", "Look for a proxy on the way to the board.")
    text = f"1 MiB there and back in {1e3 * seconds:.0f} ms"
    if seconds > _SLOW_ECHO_SECONDS:
        return Finding("echo", "warning", text, "The way to the board is slow: a cable is better than a radio.")
    return Finding("echo", "ok", text)


def _runs(connection: Connection, bundle: Path | None, progress: Progress) -> list[Finding]:
    """A trial kernel for the board's own CPU, and the Bundle that is meant for it."""
    findings = []
    with tempfile.TemporaryDirectory(prefix="tilewright-trial-") as folder:
        progress("building a trial kernel")
        try:
            trial = trial_bundle(Path(folder) / "trial.bundle", native(connection.cpu).name)
            findings.append(_run_once(connection, trial, "trial kernel"))
        except TilewrightError as error:
            findings.append(Finding("trial kernel", "missing", str(error)))
    if bundle is not None:
        manifest = read_manifest(bundle)
        try:
            require_cpu(manifest, connection.cpu)
            findings.append(_run_once(connection, bundle, "Bundle"))
        except TilewrightError as error:
            findings.append(Finding("Bundle", "missing", str(error)))
    return findings


def _run_once(connection: Connection, bundle: Path, topic: str) -> Finding:
    manifest = read_manifest(bundle)
    with tempfile.TemporaryDirectory(prefix="tilewright-trial-") as folder:
        inputs, outputs = Path(folder) / "inputs.npz", Path(folder) / "outputs.npz"
        np.savez(inputs, **random_inputs(manifest.inputs))  # pyright: ignore[reportArgumentType]
        with RemoteChild(connection, Job("tvm", str(bundle), 1), inputs) as child:
            child.ask("run", outputs=str(outputs))
    return Finding(topic, "ok", f"{manifest.name} for {manifest.target.name} runs there")
