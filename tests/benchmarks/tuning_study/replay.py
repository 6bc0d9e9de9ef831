"""A tuner on a modelled clock, from what another measured: there a candidate takes the same each time.

The tuner, the order of the tasks and the batches are those of `tilewright tune`; only the measurement is looked up.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from curves import lines_by_second, records, tasks_in
from tilewright.compile.boards.box.processors import processor_of
from tilewright.compile.boards.state import BoardState
from tilewright.compile.cpu import HostCpu
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone.run import Alone
from tilewright.compile.tuning.alone.slots import Slots
from tilewright.compile.tuning.alone.trial import Outcome, Trial
from tilewright.compile.tuning.alone.tune import prepare
from tilewright.compile.tuning.budget import Budget
from tilewright.compile.tuning.log import FILE, read_log
from tilewright.compile.tuning.sources import tuner_named
from tilewright.compile.tvm_stack import available_cores
from tilewright.schedules.layers import Layer, to_key

if TYPE_CHECKING:
    from tilewright.schedules.kernels import Candidate


def replay(tuner: str, place: Path, measured: Path, trials: int) -> None:
    """Run `tuner` in FOLDER/TARGET/MODEL/TUNER from its start, with what the log in `measured` holds, at its pace."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    target_name, model = place.parent.parent.name, place.parent.name
    log = measured / target_name / FILE
    target, known = resolve(target_name), records(log)
    taken = {(one.layer, one.candidate): one.microseconds for one in known}
    failed = {(one.layer, one.candidate): one.failed for one in read_log(target_name, measured).failures}
    run = Alone(
        target,
        (1,),
        Slots((_no_session,) * available_cores(), _state(target_name, known[0].cpu)),
        place,
        read_log(target_name, place),
        tuner_named(tuner),
        Budget.starting_now(trials=trials),
        transfer=False,
    )

    def look_up(layer: Layer, candidates: Sequence[Candidate], done: Callable[[Outcome], None]) -> None:
        for one in candidates:
            key = (to_key(layer), one.name)
            if key in taken:
                done(Outcome(Trial(layer, one), {1: taken[key]}))
            else:  # it failed, or is our default, which studies of other spaces did not measure before
                done(Outcome(Trial(layer, one), failed=failed.get(key, "build"), message=f"see {log}"))

    _, loop = prepare(tasks_in(model, target_name, place), run)
    loop.go(look_up)
    seconds, _ = lines_by_second(measured)[-1]
    pace = [[round(seconds / len(known) * number, 1), number] for number in range(1, trials + 1)]
    (place / "curve.jsonl").write_text("".join(json.dumps(one) + "\n" for one in pace))


def _state(target_name: str, cpu: str) -> BoardState:
    return BoardState(HostCpu(cpu, "aarch64", frozenset(), 1), "", None, processor_of(target_name).name, {})


def _no_session() -> None:
    raise AssertionError("nothing is measured here")
