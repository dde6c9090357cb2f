"""`rederive report --plan`: what a run would do, and how long it would take."""

from __future__ import annotations

from typing import Any

from verify.command import console
from verify.run.plan import Plan

WORKERS = (1, 2, 4, 8, 16, 64, 256, 1000)


def data(found: Plan) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "jobs": [
            {
                "claim": job.claim,
                "job": job.kind,
                "seconds": job.cost.loading + job.cost.work,
                "memory_mb": job.cost.memory,
                "known": job.known,
            }
            for job in found.jobs
        ],
        "stored": found.stored,
        "seconds": {str(workers): seconds for workers, seconds in found.seconds.items()},
    }


def show(found: Plan) -> None:
    """A row for each claim, then the run as a whole."""
    numbers = ("jobs", "import, s", "work, s", "memory, MB")
    table = console.table("claim", *numbers, numbers=numbers, wrapped=["claim"])
    for claim in dict.fromkeys(job.claim for job in found.jobs):
        jobs = [job for job in found.jobs if job.claim == claim]
        mark = "" if all(job.known for job in jobs) else "~"
        loading, work = (sum(getattr(job.cost, part) for job in jobs) for part in ("loading", "work"))
        memory = max(job.cost.memory for job in jobs)
        table.add_row(claim, str(len(jobs)), f"{mark}{loading:.2f}", f"{mark}{work:.2f}", f"{mark}{memory:.0f}")
    if found.jobs:
        console.show(table, "")
    total = sum(job.cost.loading + job.cost.work for job in found.jobs)
    claims = len({job.claim for job in found.jobs})
    lines = [
        f"{len(found.jobs)} jobs of {claims} claims are to be done, {found.stored} claims are stored. Together they "
        f"take {total:.0f} s; the largest has {found.memory:.0f} MB.",
        "Seconds without the writing of pages: "
        + ", ".join(f"{seconds:.0f} with {n}" for n, seconds in found.seconds.items())
        + " workers.",
    ]
    guessed = sum(not job.known for job in found.jobs)
    if guessed:
        lines.append(f"~ {guessed} jobs were never done in this profile here; the others' median stands for them.")
    for line in lines:
        print(console.prose(line, ""))
