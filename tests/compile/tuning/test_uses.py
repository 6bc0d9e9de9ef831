"""The layers of several networks, and what each network's add up to."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tilewright.compile.importing import import_model
from tilewright.compile.report.tuning_lines import latency_lines
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.progressing import Progressing
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.compile.tuning.watch import Watch

TARGET = resolve("x86-avx2")


def convolutions(path, count):
    """A network of the same convolution `count` times, as an ONNX file."""
    weights = [
        numpy_helper.from_array(np.full((16, 16, 3, 3), 0.01 * (one + 1), np.float32), f"w{one}")
        for one in range(count)
    ]
    nodes = [
        helper.make_node("Conv", [f"x{one}", f"w{one}"], [f"x{one + 1}"], pads=[1, 1, 1, 1]) for one in range(count)
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 16, 14, 14]) for name in ("x0", f"x{count}")]
    graph = helper.make_graph(nodes, "same", ends[:1], ends[1:], weights)
    path.parent.mkdir()
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return str(path)


def test_files_of_one_name_are_two_networks(tmp_path):
    once, thrice = (convolutions(tmp_path / name / "net.onnx", count) for name, count in (("a", 1), ("b", 3)))
    networks = [import_model(path, check=False) for path in (once, thrice)]
    (task,) = tasks_of(networks, TARGET, require_choice(TARGET, tmp_path))
    assert dict(task.uses) == {once: 1, thrice: 3}
    lines = latency_lines(Watch([Progressing(task, 0, before=500.0, best=250.0)]))
    assert lines == [
        f"{once}: its layers add up to 0.25 ms, 2.00 times as fast as before",
        f"{thrice}: its layers add up to 0.75 ms, 2.00 times as fast as before",
    ]
