import pytest
from tilewright.schedules import machines


@pytest.mark.parametrize("name", machines.names())
def test_a_description_is_consistent(name):
    machine = machines.get(name)
    assert machine.name == name
    assert machine.float_lanes * 32 == machine.vector_bits
    assert machine.l1d_bytes < machine.l2_bytes
    assert machine.l3_bytes == 0 or machine.l2_bytes < machine.l3_bytes
    # Otherwise no kernel could keep the FMA ports busy from registers.
    assert machine.fmas_in_flight < machine.vector_registers


def test_what_a_core_does_in_a_cycle():
    assert machines.get("x86-avx2").flops_per_cycle == 32
    assert machines.get("x86-avx512").flops_per_cycle == 64


def test_vnni_is_avx512_with_a_dot_product():
    avx512, vnni = machines.get("x86-avx512"), machines.get("x86-vnni")
    assert vnni.dot == "vpdpbusd" and avx512.dot == "vpmaddubsw"
    assert vnni.vector_registers == avx512.vector_registers == 32


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(KeyError, match=r"z80.*x86-avx2"):
        machines.get("z80")
