"""MetaSchedule's databases: two files of JSON lines, the workloads and the traces measured for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ....schedules.layers import from_key, to_key
from ...errors import TilewrightError
from ...targets import Target
from ...tvm_stack import TVM_VERSION, metaschedule
from ..record import Record
from .imported import Imported

_WORKLOADS, _RECORDS = "database_workload.json", "database_tuning_record.json"


def to_database(records: Iterable[Record], target: Target, folder: Path) -> int:
    """Write the traces among `records` as a database into `folder`, which appears when it is whole; how many there are.

    Raises TilewrightError where `folder` exists.
    """
    ms = metaschedule()
    from tvm.target import Target as TvmTarget

    from ....schedules.kernels import Candidate, candidate
    from ....schedules.traces import lowering, traced

    if folder.exists():
        raise TilewrightError(f"{folder} exists: name another folder, or remove it")
    count = 0
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent, prefix=f".{folder.name}-") as part:
        database = ms.database.JSONDatabase(str(Path(part) / _WORKLOADS), str(Path(part) / _RECORDS))
        for one in records:
            if "trace" not in one.config:
                continue
            chosen, layer = candidate(one.kernel, one.config), from_key(one.layer)
            bare = lowering.workload(layer, Candidate(chosen.kernel, traced.Config("")))  # one workload for all traces
            workload, trace = database.commit_workload(bare), traced.replay(chosen.config, bare).trace
            arguments = ms.arg_info.ArgInfo.from_entry_func(bare)
            seconds = [one.microseconds / 1e6]
            database.commit_tuning_record(
                ms.database.TuningRecord(trace, workload, seconds, TvmTarget(target.tvm), arguments)
            )
            count += 1
        Path(part).chmod(0o755)
        Path(part).rename(folder)
        Path(part).mkdir()  # for the context manager to remove
    return count


def from_database(folder: Path, target: Target, threads: int) -> Imported:
    """The traces in a database that were measured with `threads`, of layers alone.

    Raises TilewrightError for a folder that holds none.
    """
    ms = metaschedule()
    from ....schedules.traces import traced

    files = [folder / name for name in (_WORKLOADS, _RECORDS)]
    if not all(file.is_file() for file in files):
        raise TilewrightError(f"{folder} is no MetaSchedule database: it lacks {_WORKLOADS} or {_RECORDS}")
    try:
        database = ms.database.JSONDatabase(*map(str, files), allow_missing=False)
        all_records = list(database.get_all_tuning_records())
    except Exception as error:  # TVM's, of many kinds
        raise TilewrightError(f"{folder} cannot be read as a MetaSchedule database ({str(error)[:200]})") from None
    found = Imported()
    for one in all_records:
        anchor = traced.anchor_of_module(one.workload.mod)
        if anchor is None:
            found.passed_over["of other computations than our layers"] += 1
        elif not one.run_secs or float(min(one.run_secs)) >= 1e9:
            found.passed_over["measurements that failed"] += 1
        else:
            config = asdict(traced.Config.of(one.trace))
            where = (to_key(anchor.layer), target.name, TVM_VERSION, anchor.kernel, config, threads)
            taken = round(float(min(one.run_secs)) * 1e6, 3)
            found.records.append(Record(*where, taken, f"imported from {folder.name}", "", "alone"))
    return found
