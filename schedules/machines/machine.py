"""What a kernel has to know about the processor it is scheduled for."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Machine:
    """A processor family, as a schedule sees it.

    Caches are the least that a member of the family has, so that a tile that fits here fits everywhere; what this
    very computer has is in `tilewright.compile.cpu`.

    name              as `Target.machine` in tilewright.compile.targets has it
    vector_bits       width of a vector register, in bits
    vector_registers  how many of them an instruction can name
    fma_ports         vector multiply-adds that can start in one cycle, at most
    fma_latency       cycles from a multiply-add's accumulator to the next one that uses it
    dot               what adds four 8-bit products to each int32 lane, a name in schedules.instructions; None: nothing
    l1d_bytes         first-level data cache of one core
    l2_bytes          second-level cache of one core (on some boards: shared by all)
    l3_bytes          last-level cache shared by the cores; 0 where there is none
    line_bytes        what the caches move at once
    lane_bits         of the values that its kernels compute on
    one_design        whether all of the family are the same core, so that what one of them measured holds for all
    """

    name: str
    vector_bits: int
    vector_registers: int
    fma_ports: int
    fma_latency: int
    dot: str | None
    l1d_bytes: int
    l2_bytes: int
    l3_bytes: int
    line_bytes: int = 64
    lane_bits: int = 32
    one_design: bool = False

    @property
    def channel_block(self) -> int:
        """Channels of a pixel that lie side by side: as many as fill a cache line."""
        return self.line_bytes // 4

    @property
    def float_lanes(self) -> int:
        """Values in a vector register."""
        return self.vector_bits // self.lane_bits

    def computing(self, dtype: str) -> Machine:
        """The machine as kernels on activations of `dtype` see it: with twice the lanes for "float16"."""
        return replace(self, lane_bits=16) if dtype == "float16" else self

    @property
    def flops_per_cycle(self) -> int:
        """Operations on floats that one core finishes in a cycle at best, a multiply-add counted as two."""
        return self.fma_ports * self.float_lanes * 2

    @property
    def fmas_in_flight(self) -> int:
        """How many independent accumulators keep all FMA ports busy: fewer, and each waits for the one before."""
        return self.fma_ports * self.fma_latency
