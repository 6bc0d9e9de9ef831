"""MetaSchedule's databases: two files of JSON lines, the workloads and the traces measured for them.

Of the threads and the version of TVM they say nothing: ours have a third file that does.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ....schedules.layers import from_key, to_key
from ...errors import TilewrightError
from ...targets import Target
from ...tvm_stack import TVM_VERSION, metaschedule
from ..record import Record
from .exported import Exported, exported
from .imported import Imported, is_for

_WORKLOADS, _RECORDS, _HOW = "database_workload.json", "database_tuning_record.json", "tilewright.json"


def to_database(records: Sequence[Record], target: Target, folder: Path, threads: int) -> Exported:
    """Write the traces measured alone with `threads` as a database into `folder`, which appears when it is whole.

    Raises TilewrightError where `folder` exists, and where the times of all traces are modelled.
    """
    if folder.exists():
        raise TilewrightError(f"{folder} exists: name another folder, or remove it")
    traces = [one for one in records if "trace" in one.config and one.place == "alone"]
    found = exported(traces, threads)
    if found.modelled:
        raise TilewrightError(f"the traces for {target.name} have modelled times, which a database cannot tell apart")
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent, prefix=f".{folder.name}-") as part:
        _write(found.records, target, Path(part))
        (Path(part) / _HOW).write_text(json.dumps({"tvm": TVM_VERSION, "threads": threads}) + "\n", encoding="utf-8")
        Path(part).chmod(0o755)
        Path(part).rename(folder)
        Path(part).mkdir()  # for the context manager to remove
    return found


def _write(records: Sequence[Record], target: Target, folder: Path) -> None:
    ms = metaschedule()
    from tvm.target import Target as TvmTarget

    from ....schedules.kernels import Candidate, candidate
    from ....schedules.traces import lowering, traced

    database = ms.database.JSONDatabase(str(folder / _WORKLOADS), str(folder / _RECORDS))
    for one in records:
        chosen, layer = candidate(one.kernel, one.config), from_key(one.layer)
        bare = lowering.workload(layer, Candidate(chosen.kernel, traced.Config("")))  # one workload for all traces
        workload, trace = database.commit_workload(bare), traced.replay(chosen.config, bare).trace
        arguments = ms.arg_info.ArgInfo.from_entry_func(bare)
        seconds = [one.microseconds / 1e6]
        database.commit_tuning_record(
            ms.database.TuningRecord(trace, workload, seconds, TvmTarget(target.tvm), arguments)
        )


def from_database(folder: Path, target: Target, threads: int) -> Imported:
    """The traces in a database, of layers alone: measured with as many threads as it says, or else with `threads`.

    Raises TilewrightError for a folder that holds none.
    """
    found, said, all_records = Imported(), _said(folder), _records(folder)
    if (version := said.get("tvm", TVM_VERSION)) != TVM_VERSION:
        found.passed_over[f"of TVM {version}"] = len(all_records)
        return found
    from ....schedules.traces import traced

    for one in all_records:
        anchor = traced.anchor_of_module(one.workload.mod)
        if anchor is None:
            found.passed_over["of other computations than our layers"] += 1
        elif not one.run_secs or float(min(one.run_secs)) >= 1e9:
            found.passed_over["measurements that failed"] += 1
        elif not is_for(target, one.target):
            found.passed_over[f"for another processor than {target.name}'s"] += 1
        else:
            config, count = asdict(traced.Config.of(one.trace)), said.get("threads", threads)
            where = (to_key(anchor.layer), target.name, TVM_VERSION, anchor.kernel, config, count)
            taken = round(float(min(one.run_secs)) * 1e6, 3)
            found.records.append(Record(*where, taken, f"imported from {folder.name}", "", "alone"))
    return found


def _records(folder: Path) -> list[Any]:
    ms = metaschedule()
    files = [folder / name for name in (_WORKLOADS, _RECORDS)]
    if not all(file.is_file() for file in files):
        raise TilewrightError(f"{folder} is no MetaSchedule database: it lacks {_WORKLOADS} or {_RECORDS}")
    try:
        database = ms.database.JSONDatabase(*map(str, files), allow_missing=False)
        return list(database.get_all_tuning_records())
    except Exception as error:  # TVM's, of many kinds
        raise TilewrightError(f"{folder} cannot be read as a MetaSchedule database ({str(error)[:200]})") from None


def _said(folder: Path) -> dict[str, Any]:
    """What a database of ours says of how it was measured."""
    file = folder / _HOW
    try:
        return dict(json.loads(file.read_bytes())) if file.is_file() else {}
    except (ValueError, TypeError) as error:
        raise TilewrightError(f"{file} does not say how the traces were measured ({error})") from None
