"""The boards that can be put in a box: what qemu is told, and what the board's /proc/cpuinfo says."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import unknown_name

_PI3 = "fp asimd evtstrm crc32 cpuid"
_PI5 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"


@dataclass(frozen=True)
class Processor:
    """A core by qemu's name, the target made for it, the board that has it, and what Linux says of it there.

    Part numbers: the cores' Technical Reference Manuals, MIDR_EL1; features: `cat /proc/cpuinfo` on the boards.
    """

    name: str
    target: str
    part: str
    variant: int
    revision: int
    features: str
    model: str

    def cpuinfo(self) -> str:
        """/proc/cpuinfo of the board, with its four cores."""
        core = (
            f"BogoMIPS\t: 108.00\nFeatures\t: {self.features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
            f"CPU variant\t: {self.variant:#x}\nCPU part\t: {self.part}\nCPU revision\t: {self.revision}\n"
        )
        return "".join(f"processor\t: {number}\n{core}\n" for number in range(4)) + f"Model\t\t: {self.model}\n"


_PROCESSORS = {
    one.name: one
    for one in (
        Processor("cortex-a53", "rpi3", "0xd03", 0, 4, _PI3, "Raspberry Pi 3 Model B Plus Rev 1.3, in a box"),
        Processor("cortex-a72", "rpi4", "0xd08", 0, 3, _PI3, "Raspberry Pi 4 Model B Rev 1.4, in a box"),
        Processor("cortex-a76", "rpi5", "0xd0b", 4, 1, _PI5, "Raspberry Pi 5 Model B Rev 1.0, in a box"),
    )
}
NAMES = tuple(_PROCESSORS)


def processor(name: str) -> Processor:
    """The processor of this name.  Raises TilewrightError for an unknown one."""
    if name not in _PROCESSORS:
        raise unknown_name("CPU of a board in a box", name, NAMES)
    return _PROCESSORS[name]


def processor_of(target: str) -> Processor:
    """The one that a named target is made for; the middle one for all others."""
    return next((one for one in _PROCESSORS.values() if one.target == target), _PROCESSORS["cortex-a72"])
