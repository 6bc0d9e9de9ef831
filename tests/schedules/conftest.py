import pytest
from tilewright.compile import tvm_stack
from tilewright.compile.cpu import host_cpu
from tilewright.compile.targets import NAMED
from tilewright.schedules import machines

TARGETS = {target.machine: target for target in NAMED}


@pytest.fixture(scope="session")
def tvm():
    return tvm_stack.compiler()


@pytest.fixture(params=sorted(TARGETS))
def machine(request):
    return machines.get(request.param)


@pytest.fixture
def runnable(machine):
    """A machine whose code this processor can run."""
    if missing := TARGETS[machine.name].missing_on(host_cpu()):
        pytest.skip(f"this processor lacks {', '.join(missing)}")
    return machine


@pytest.fixture
def build(tvm):
    def build_probe(probe, machine):
        return tvm.build(probe.schedule, list(probe.arguments), target=tvm.target.Target(TARGETS[machine.name].tvm))

    return build_probe


@pytest.fixture
def call(tvm):
    def call_probe(built, probe, *inputs):
        """The result array of one call."""
        shape = [int(size) for size in probe.arguments[-1].shape]
        result = tvm.nd.empty(shape, "float32")
        built(*(tvm.nd.array(value) for value in inputs), result)
        return result.numpy()

    return call_probe
