"""What the emulator is told, so that it counts: the argument of its option -plugin."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

from .build_plugin import plugin
from .core_model import Core, issue_sets


def plugin_argument(core: Core, counts_file: Path) -> str:
    """For `qemu-aarch64 -plugin ARGUMENT`: count as on `core`; answers go to `counts_file` with a number added.

    The guest must find the same name in TILEWRIGHT_COUNTS (counter.py).  Builds the plugin if it is not there yet.
    """
    arguments = [str(plugin()), f"counts={counts_file}"]
    arguments += [f"cache={level}:{cache.size}:{cache.ways}" for level, cache in enumerate(core.caches, 1)]
    for name, issue in issue_sets(core.issue).items():
        arguments.append(":".join([f"issue={name}", *(f"{value:g}" for value in astuple(issue))]))
    return ",".join(arguments)
