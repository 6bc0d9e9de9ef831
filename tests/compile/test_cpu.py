import platform
import sys

import pytest
from tilewright.compile.cpu import host_cpu, last_level_cache_bytes

# As the machine these lines were captured on shows them (AMD Zen 4, two virtual cores); repeated lines left out.
ZEN4 = """\
processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 17
model name	: AMD EPYC
cache size	: 1024 KB
flags		: fpu vme de pse tsc sse sse2 ht pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe popcnt aes avx \
f16c rdrand hypervisor lahf_lm abm sse4a bmi1 avx2 smep bmi2 erms avx512f avx512dq rdseed adx avx512ifma avx512cd \
avx512bw avx512vl avx512_bf16 avx512vbmi avx512_vbmi2 gfni avx512_vnni avx512_bitalg avx512_vpopcntdq
bugs		: sysret_ss_attrs spectre_v1
power management:

processor	: 1
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 17
model name	: AMD EPYC
flags		: fpu sse sse2 ssse3 fma sse4_1 sse4_2 movbe popcnt avx f16c abm bmi1 avx2 bmi2 avx512f avx512dq \
avx512ifma avx512cd avx512bw avx512vl avx512_bf16 avx512vbmi avx512_vbmi2 avx512_vnni
power management:

"""

# The form a 64-bit Raspberry Pi OS shows: no model name, a block for the board at the end.
RASPBERRY = """\
processor	: 0
BogoMIPS	: 108.00
Features	: {features}
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: {part}
CPU revision	: 3

processor	: 1
BogoMIPS	: 108.00
Features	: {features}
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: {part}
CPU revision	: 3

Revision	: c03114
Serial		: 100000000abcdef0
Model		: {board}
"""
PI4 = RASPBERRY.format(features="fp asimd evtstrm crc32 cpuid", part="0xd08", board="Raspberry Pi 4 Model B Rev 1.4")
PI5 = RASPBERRY.format(
    features="fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    part="0xd0b",
    board="Raspberry Pi 5 Model B Rev 1.0",
)


@pytest.fixture
def cpu_of(tmp_path):
    def parse(text, architecture):
        path = tmp_path / "cpuinfo"
        path.write_text(text)
        return host_cpu(path, architecture)

    return parse


def test_x86_flags_become_llvm_features(cpu_of):
    cpu = cpu_of(ZEN4, "x86_64")
    assert cpu.model == "AMD EPYC (family 25, model 17)", "a virtual machine's name alone stands for five generations"
    skylake = {"avx512f", "avx512dq", "avx512bw", "avx512cd", "avx512vl", "avx2", "avx", "fma", "f16c"}
    assert skylake | {"bmi", "bmi2", "lzcnt", "popcnt", "movbe", "sse4.2", "avx512vnni", "avx512bf16"} <= cpu.features
    assert "avxvnni" not in cpu.features and "amx-int8" not in cpu.features
    assert not any("_" in feature for feature in cpu.features)


def test_raspberry_pi_4_has_neon_and_no_dot_product(cpu_of):
    cpu = cpu_of(PI4, "aarch64")
    assert cpu.model == "Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)"
    assert cpu.features == {"fp-armv8", "neon", "crc"}
    assert cpu.missing(frozenset({"neon", "dotprod", "fullfp16"})) == ("dotprod", "fullfp16")


def test_raspberry_pi_5_has_dot_product_and_half_precision(cpu_of):
    cpu = cpu_of(PI5, "aarch64")
    assert cpu.model.startswith("Cortex-A76")
    assert {"neon", "dotprod", "fullfp16", "lse"} <= cpu.features
    assert cpu.missing(frozenset({"neon", "dotprod"})) == ()


# A Pi 3 with a 32-bit Raspberry Pi OS.
PI3_32 = """\
processor	: 0
model name	: ARMv7 Processor rev 4 (v7l)
BogoMIPS	: 38.40
Features	: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32
CPU implementer	: 0x41
CPU architecture: 7
CPU variant	: 0x0
CPU part	: 0xd03
CPU revision	: 4

Hardware	: BCM2835
Revision	: a02082
Model		: Raspberry Pi 3 Model B Rev 1.2
"""


def test_an_armv8_core_under_a_system_of_32_bits(cpu_of):
    cpu = cpu_of(PI3_32, "armv7l")
    assert cpu.model == "Cortex-A53 (Raspberry Pi 3 Model B Rev 1.2)"
    assert cpu.features == {"neon", "vfp4", "crc", "fp-armv8"}, "the kernel names no floating point of ARMv8"
    assert cpu_of(PI3_32.replace(" crc32", ""), "armv7l").features == {"neon", "vfp4"}


def test_only_what_all_cores_have_counts(cpu_of):
    big, little = PI5.replace("processor	: 1", "processor	: 7"), PI4
    cpu = cpu_of(big + "\n" + little, "aarch64")
    assert "dotprod" not in cpu.features and "neon" in cpu.features
    assert cpu.model.startswith("Cortex-A72 + Cortex-A76")


def test_without_a_cpuinfo_nothing_is_promised(tmp_path):
    cpu = host_cpu(tmp_path / "absent")
    assert cpu.features == frozenset() and cpu.model and cpu.cores >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/cpuinfo")
def test_this_machine():
    cpu = host_cpu()
    assert cpu.architecture == platform.machine()
    assert cpu.features and cpu.cores >= 1


def test_last_level_caches_are_counted_once_each(tmp_path):
    for core, cluster in ((0, "0-1"), (1, "0-1"), (2, "2-3"), (3, "2-3")):
        add_cache(tmp_path, core, 0, "1", "Data", str(core), "32K")
        add_cache(tmp_path, core, 1, "1", "Instruction", str(core), "64K")
        add_cache(tmp_path, core, 2, "3", "Unified", cluster, "32768K")
    assert last_level_cache_bytes(tmp_path) == 2 * 32 * 1024 * 1024
    assert last_level_cache_bytes(tmp_path / "absent") is None


def add_cache(sysfs, core, index, level, kind, shared_with, size):
    folder = sysfs / f"cpu{core}" / "cache" / f"index{index}"
    folder.mkdir(parents=True)
    for name, text in (("level", level), ("type", kind), ("shared_cpu_list", shared_with), ("size", size)):
        (folder / name).write_text(text + "\n")
