"""The table of all ratios, for a terminal and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = """# Performance

Ratios inside one run, so that they hold on other machines: what a reference takes over what ours takes, its median and
its quartiles. Above 1, ours is faster. Every benchmark has arguments that were never seen; where something is worked
out once for a process, the table says what. Made by `make bench ARGS="--table docs/performance.md"` on {machine}.

| work | against what | ratio | goal | met |
|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One benchmark: quartiles of reference / ours, and the goal of the median if there is one."""

    work: str
    against: str
    low: float
    median: float
    high: float
    goal: float | None = None
    once: str = ""

    @property
    def ratio(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"

    @property
    def met(self) -> str:
        return "" if self.goal is None else "yes" if self.median >= self.goal else "no"

    @property
    def cells(self) -> tuple[str, ...]:
        said = f"{self.against} Once for a process: {self.once}." if self.once else self.against
        return self.work, said, self.ratio, "" if self.goal is None else f"{self.goal:.3g}", self.met


def text(rows: Sequence[Row]) -> str:
    """For a terminal: the figures of a benchmark, and below them what stands against what."""
    lines = []
    for row in rows:
        work, said, ratio, goal, met = row.cells
        judged = f"goal {goal}: {'met' if met == 'yes' else 'MISSED'}" if goal else ""
        lines.append(f"{work:<55} {ratio:<32} {judged}")
        lines += textwrap.wrap(said, 116, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)


def markdown(rows: Sequence[Row], machine: str) -> str:
    """The page docs/performance.md."""
    body = ("| " + " | ".join(cell.replace("|", r"\|") for cell in row.cells) + " |" for row in rows)
    return HEAD.format(machine=machine) + "\n".join(body) + "\n"
