"""What a plan says and what a run takes, with 1, 2 and 4 workers: the table of docs/scale.md.

    make scale                                  # three chapters, three to four minutes on two quiet cores
    make scale ARGS="--table docs/scale.md"     # puts the table into the page
    make scale ARGS="deep_linear --workers 1 2"

The first run has an empty store and gives the plan its history; every later one works everything out again. Pages are
in neither.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verify.catalogue import select
from verify.run.plan import plan
from verify.run.runner import run
from verify.run.settings import Settings, processor, processors
from verify.run.store import Store

CHAPTERS = ("deep_linear", "semantic_development", "generalization")
WORKERS = (1, 2, 4)
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True, kw_only=True)
class Row:
    """Seconds that a plan says and that a run took, and the largest memory of a job in MB."""

    workers: int
    planned: float
    taken: float
    memory: float


def measured(chosen: Sequence[str], workers: Sequence[int], folder: Path) -> list[Row]:
    """Runs with so many workers each, after one that gives the history; a row for each."""
    claims, store = select(chosen), Store(folder)
    run(claims, Settings(jobs=max(1, processors())), store)
    rows = []
    for number in workers:
        settings = Settings(jobs=number, fresh=True)
        expected = plan(claims, settings, store, (number,))
        taken = run(claims, settings, store).seconds
        rows.append(Row(workers=number, planned=expected.seconds[number], taken=taken, memory=expected.memory))
    return rows


def markdown(rows: Sequence[Row], chosen: Sequence[str]) -> str:
    """The table, with what it was measured on."""
    base, count = rows[0].taken * rows[0].workers, len(select(chosen))
    head = ("workers", "plan (s)", "run (s)", "run / plan", "faster than one worker", "largest job (MB)")
    cells = [
        [f"{n:.0f}" for n in (r.workers, r.planned, r.taken)]
        + [f"{r.taken / r.planned:.2f}", f"{base / r.taken:.2f}", f"{r.memory:.0f}"]
        for r in rows
    ]
    lines = [
        f"{count} claims ({', '.join(chosen)}), quick profile, on {processors()} processors ({processor()}):",
        "",
        *(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *cells)),
    ]
    return "\n".join(lines) + "\n"


def put(page: str, table: str) -> str:
    """A page with the table between its marks. Raises ValueError for a page that has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def main() -> None:
    """Measure, print the table, and put it into a page if one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", default=CHAPTERS, help="claims or chapters")
    parser.add_argument("--workers", nargs="+", type=int, default=WORKERS, help="numbers of workers")
    parser.add_argument("--table", type=Path, help="a page with marks for the table")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder:
        table = markdown(measured(options.ids, options.workers, Path(folder)), options.ids)
    print(table, end="")
    if options.table is not None:
        options.table.write_text(put(options.table.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
