"""Find the loop that the time goes to in a kernel's assembly."""

from __future__ import annotations

import re

_LABEL = re.compile(r"^(\.LBB\w+):")
_JUMP = re.compile(r"^\s+(?:j\w+|b|b\.\w+|cbn?z|tbn?z)\s+.*?(\.LBB\w+)")
_MULTIPLY_ADD = re.compile(r"^\s+(?:vfn?madd|fml[as]|vpdp|vpmaddubsw|[su]dot|smlal|sadalp)")


def inner_loop(assembly: str) -> list[str]:
    """The innermost loop with the most multiply-adds, from its label to its jump back; empty when there is none."""
    lines = [line for line in assembly.splitlines() if not line.lstrip().startswith((".cfi", ".p2align", "#", "//"))]
    labels: dict[str, int] = {}
    loops: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if label := _LABEL.match(line):
            labels[label[1]] = number
        elif (jump := _JUMP.match(line)) and jump[1] in labels:
            loops.append((labels[jump[1]], number))
    innermost = [one for one in loops if not any(one[0] < other[0] and other[1] < one[1] for other in loops)]
    found = [lines[start : end + 1] for start, end in innermost]
    return max(found, key=multiply_adds, default=[])


def multiply_adds(lines: list[str]) -> int:
    """How many of the instructions are vector multiply-adds."""
    return sum(1 for line in lines if _MULTIPLY_ADD.match(line))
