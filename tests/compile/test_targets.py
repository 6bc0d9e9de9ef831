"""Targets by name, by CPU and by TVM's strings."""

import pytest
from tilewright.compile import targets
from tilewright.compile.cpu import HostCpu, host_cpu
from tilewright.compile.errors import TilewrightError
from tilewright.schedules import machines

AVX2 = "sse2 ssse3 fma sse4_1 sse4_2 movbe popcnt avx f16c abm bmi1 avx2 bmi2"
AVX512 = f"{AVX2} avx512f avx512dq avx512cd avx512bw avx512vl"
CPUINFO = "processor\t: 0\nmodel name\t: {model}\nflags\t\t: {flags}\n\n"


@pytest.fixture
def cpu_with(tmp_path):
    """A CPU as Linux would describe it."""

    def parse(flags, model="Some CPU", architecture="x86_64"):
        path = tmp_path / "cpuinfo"
        path.write_text(CPUINFO.format(model=model, flags=flags))
        return host_cpu(path, architecture)

    return parse


@pytest.mark.parametrize("name", ["x86-avx2", "x86-avx512", "x86-vnni"])
def test_named(name):
    target = targets.resolve(name)
    assert (target.name, target.architecture, target.machine) == (name, "x86_64", name)
    assert name in targets.names()


@pytest.mark.parametrize(("name", "core"), [("rpi3", "cortex-a53"), ("rpi4", "cortex-a72"), ("rpi5", "cortex-a76")])
def test_boards(name, core):
    target = targets.resolve(name)
    assert (target.architecture, target.machine) == ("aarch64", core) and f"-mcpu={core}" in target.tvm


def test_each_named_target_needs_what_llvm_says_its_cpu_has():
    """The features that a CPU is asked for are all that LLVM may use for the target's -mcpu."""
    for target in targets.NAMED:
        assert targets.resolve(target.tvm).features == target.features, target.name


@pytest.mark.parametrize(
    ("flags", "best"),
    [
        (AVX2, "x86-avx2"),
        (AVX512, "x86-avx512"),
        (f"{AVX512} avx512_vnni", "x86-vnni"),
        (f"{AVX2} avx_vnni", "x86-avx2"),
    ],
)
def test_native_is_the_best_that_the_cpu_can_run(cpu_with, flags, best):
    assert targets.native(cpu_with(flags)).name == best


@pytest.mark.parametrize(
    ("part", "more", "best"),
    [
        ("0xd03", "", "rpi3"),
        ("0xd08", "", "rpi4"),
        ("0xd07", "", "rpi4"),  # a Cortex-A57: no target of its own
        ("0xd0b", "atomics fphp asimdhp asimdrdm asimddp", "rpi5"),
        ("0xd0c", "atomics fphp asimdhp asimdrdm asimddp", "rpi5"),
    ],
)
def test_native_on_arm_is_made_for_the_core_if_there_is_one(tmp_path, part, more, best):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\nFeatures\t: fp asimd crc32 {more}\nCPU implementer\t: 0x41\nCPU part\t: {part}\n")
    assert targets.native(host_cpu(path, "aarch64")).name == best


PI3_32 = "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm"


def arm32_cpu(folder, features, part="0xd03"):
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU part\t: {part}\n")
    return host_cpu(path, "armv7l")


@pytest.mark.parametrize("part", ["0xd03", "0xd08"])  # a Pi 3, and a Pi 4 under a system of 32 bits
def test_native_under_a_system_of_32_bits(tmp_path, part):
    assert targets.native(arm32_cpu(tmp_path, f"{PI3_32} crc32", part)).name == "rpi3-32"


def test_a_32_bit_core_that_is_too_old_says_what_it_lacks(tmp_path):
    """A Pi 2's Cortex-A7 has NEON and no ARMv8; a Pi 1 has no NEON."""
    target = targets.resolve("rpi3-32")
    assert target.missing_on(arm32_cpu(tmp_path, PI3_32, "0xc07")) == ("crc", "fp-armv8")
    old = "half thumb fastmult vfp edsp java tls"
    assert target.missing_on(arm32_cpu(tmp_path, old, "0xb76")) == ("crc", "fp-armv8", "neon", "vfp4")
    assert targets.resolve("rpi3").missing_on(arm32_cpu(tmp_path, f"{PI3_32} crc32")) == ("aarch64",)


def test_the_machine_of_32_bits_has_half_the_registers():
    whole, half = machines.get("cortex-a53"), machines.get("cortex-a53-32")
    assert (half.vector_registers, half.vector_bits, half.dot) == (whole.vector_registers // 2, 128, None)
    assert (half.l1d_bytes, half.l2_bytes, half.fma_ports) == (whole.l1d_bytes, whole.l2_bytes, whole.fma_ports)


def test_native_is_what_this_cpu_can_run():
    assert not targets.resolve("native").missing_on(host_cpu())


@pytest.mark.parametrize(
    ("flags", "architecture"), [("sse2 ssse3 sse4_1 avx", "x86_64"), (AVX512, "aarch64"), ("", "x86_64")]
)
def test_native_where_no_named_target_fits(cpu_with, flags, architecture):
    with pytest.raises(TilewrightError, match=r"no named target fits this CPU \(Old One, .*--target"):
        targets.native(cpu_with(flags, "Old One", architecture))


def test_what_is_missing_is_named(cpu_with):
    cpu = cpu_with(AVX2)
    missing = targets.resolve("x86-avx512").missing_on(cpu)
    assert missing == ("avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
    assert targets.resolve("x86-avx2").missing_on(HostCpu("Pi", "aarch64", frozenset({"neon"}), 4)) == ("x86_64",)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("x86-avx3", "x86-avx2"), ("x86_vnni", "x86-vnni"), ("natve", "native"), ("x86-avx51", "x86-avx512")],
)
def test_near_names(wrong, near):
    with pytest.raises(TilewrightError, match=f"unknown target {wrong!r}: did you mean .*{near}"):
        targets.resolve(wrong)


@pytest.mark.parametrize("wrong", ["cuda", "", "llvmx -mcpu=haswell", "metal", "zzz"])
def test_what_is_no_cpu_target_gives_all_names(wrong):
    with pytest.raises(TilewrightError, match=r"unknown target .*(known: native, rpi3|did you mean)") as caught:
        targets.resolve(wrong)
    assert caught.value.exit_code == 2 and "llvm -mcpu=" in str(caught.value)


def test_a_tvm_string_knows_its_features():
    target = targets.resolve("llvm -mtriple=x86_64-linux-gnu -mcpu=haswell")
    assert target.architecture == "x86_64" and target.machine is None
    assert {"avx2", "fma"} <= target.features and "avx512f" not in target.features
    more = targets.resolve("llvm -mtriple=x86_64-linux-gnu -mcpu=haswell -mattr=+avx512f")
    assert "avx512f" in more.features


@pytest.mark.parametrize(
    ("cpu", "has", "has_not"),
    [
        ("cortex-a53", {"neon", "crc"}, {"dotprod", "fullfp16", "lse"}),
        ("cortex-a72", {"neon", "crc"}, {"dotprod", "fullfp16", "lse"}),
        ("cortex-a76", {"neon", "crc", "dotprod", "fullfp16", "lse"}, {"i8mm", "sve"}),
    ],
)
def test_aarch64_strings(cpu, has, has_not):
    target = targets.resolve(f"llvm -mtriple=aarch64-linux-gnu -mcpu={cpu}")
    assert target.architecture == "aarch64"
    assert has <= target.features and not has_not & target.features


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("llvm -mcpu=haswel", "unknown CPU 'haswel': did you mean haswell"),
        ("llvm -mtriple=aarch64-linux-gnu -mcpu=cortex-a73x", "unknown CPU 'cortex-a73x': did you mean .*cortex-a73"),
        ("llvm -mcup=haswell", "target 'llvm -mcup=haswell': .*mcup"),
        ("llvm -mattr=avx2", r"-mattr takes \+feature or -feature, not 'avx2'"),
    ],
)
def test_a_wrong_tvm_string(text, message):
    with pytest.raises(TilewrightError, match=message) as caught:
        targets.resolve(text)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
