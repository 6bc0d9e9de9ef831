"""A log survives kill -9 at any moment: what was put down is there, whole, and the next run goes on after it."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest
from tilewright.compile.tuning.log import FILE, append, read_log
from tilewright.compile.tuning.record import Record
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules.layers import Dense, to_key

TARGET = "x86-avx2"
# Goes on after the largest number in the log, and says each number after it was put down.
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_killed import record, numbers
from tilewright.compile.tuning.log import append
logs = Path(sys.argv[1])
next_ = max(numbers(logs), default=0) + 1
while True:
    append([record(next_ + one) for one in range(3)], logs)
    print(next_ + 2, flush=True)
    next_ += 3
"""


def record(number):
    layer = to_key(Dense(1, 16, 16))
    return Record(layer, TARGET, TVM_VERSION, "dense", {"number": number}, 1, float(number), "a CPU" * 50, "", "alone")


def numbers(logs):
    return [one.config["number"] for one in read_log(TARGET, logs).records]


@pytest.mark.slow
def test_fifty_kills_lose_nothing(tmp_path):
    generator, here = random.Random(0), str(__import__("pathlib").Path(__file__).parent)
    said = 0
    for _ in range(50):
        command = [sys.executable, "-c", WRITER, str(tmp_path), here]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            said = max(said, int(writer.stdout.readline()))
            time.sleep(generator.random() * 0.02)
            writer.send_signal(signal.SIGKILL)
            said = max([said, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    found = numbers(tmp_path)
    assert found == list(range(1, max(found) + 1)), "each once, none twice, none half"
    assert max(found) >= said > 150
    append([record(max(found) + 1)], tmp_path)
    whole = [line for line in (tmp_path / TARGET / FILE).read_text().splitlines() if line]
    assert sum(_is_json(line) for line in whole) == len(numbers(tmp_path))


def _is_json(line):
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
