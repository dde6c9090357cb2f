"""`rederive audit --false-alarms N`: how often true claims fail over N fresh seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from verify.audit.alarms import NOT_UNIFORM, Alarms, Bias, fewest_seeds, is_biased, rate_bound
from verify.claim import Claim
from verify.command import console
from verify.evidence import raised
from verify.run.sweep import Sweep

UNIFORM = (
    "Uniform: probability with which right error bars give p-values that deviate so much from uniform ones "
    "(Kolmogorov and Smirnov, or so many below 0.05); with <, where a bias is allowed, that they are so small."
)
BIAS = (
    "Largest bias: mean deviation over the seeds, in standard errors of one seed, of the value that is clearest of "
    "zero, and the error of the mean; by chance: probability that one of so many unbiased values is so clear (Student)."
)
BOUND = "Below: upper limit of the rate of false refutations at 95 % (Clopper and Pearson)."


def suspicious(rows: Sequence[Alarms]) -> list[Alarms]:
    """Checks whose p-values are not uniform."""
    told = [row for row in rows if row.uniformity is not None]
    return [row for row in told if (row.uniformity or 0.0) < NOT_UNIFORM / len(told)]


def biased(rows: Sequence[Alarms]) -> list[tuple[Alarms, Bias]]:
    """Checks of which a value is off on the average over the seeds."""
    told = [(row, row.largest_bias) for row in rows if row.largest_bias is not None]
    return [(row, bias) for row, bias in told if is_biased(bias, len(told))]


def data(rows: Sequence[Alarms], found: Sweep, seed: int) -> dict[str, Any]:
    """What `--json` prints; `seed` is that of the run, of which the fresh ones are made."""
    tried, refuted = sum(row.seeds for row in rows), sum(row.refuted for row in rows)
    return {
        "checks": [asdict(row) for row in rows],
        "seed": seed,
        "seeds": max((row.seeds for row in rows), default=0),
        "runs": tried,
        "refuted": refuted,
        "undecided": sum(row.undecided for row in rows),
        "bound": rate_bound(refuted, tried) if tried else None,
        "not_uniform": [{"claim": row.claim, "check": row.check} for row in suspicious(rows)],
        "biased": [{"claim": row.claim, "check": row.check} for row, _ in biased(rows)],
        "failed": found.failed,
    }


def with_error(bias: Bias) -> str:
    """A mean deviation, and its error in parentheses."""
    return f"{bias.deviation:+.2f} ({bias.error:.2f})"


def show(rows: Sequence[Alarms], found: Sweep, claims: Sequence[Claim]) -> None:
    """One row for each check, and the sums."""
    numbers = ("seeds", "refuted", "undecided", "uniform", "smallest p", "largest bias", "by chance", "below")
    table = console.table("claim and check", *numbers, numbers=numbers, wrapped=["claim and check"])
    for row in rows:
        largest = row.largest_bias
        uniform = console.figure(row.uniformity)
        cells = [
            *(str(count) for count in (row.seeds, row.refuted, row.undecided)),
            uniform if row.exact or row.uniformity is None else f"<{uniform}",
            console.figure(row.smallest),
            console.NONE if largest is None else with_error(largest),
            console.figure(None if largest is None else largest.chance),
            console.figure(row.bound),
        ]
        table.add_row(f"{row.claim}\n{row.check}", *cells)
    tried, refuted = sum(row.seeds for row in rows), sum(row.refuted for row in rows)
    undecided = sum(row.undecided for row in rows)
    console.show(table, "")
    lines = [
        f"{refuted} of {tried} runs of {len(rows)} checks of {len(claims)} claims were refuted, {undecided} undecided."
    ]
    if tried:
        lines.append(
            f"So at 95 % a run of a check refutes a true claim with a probability below "
            f"{rate_bound(refuted, tried):.2g}; to show 0.001 for one check it takes {fewest_seeds(0.001)} seeds "
            "without a refutation."
        )
    odd = suspicious(rows)
    told = sum(row.uniformity is not None for row in rows)
    lines.append(f"p-values of {told - len(odd)} of {told} checks are uniform.")
    lines += [f"Not uniform: {row.claim}, {row.check}." for row in odd]
    off, means = biased(rows), sum(row.largest_bias is not None for row in rows)
    lines.append(f"Means over the seeds of {means - len(off)} of {means} checks are unbiased.")
    for row, bias in off:
        off_by = f"{with_error(bias)} standard errors"
        lines.append(f"Biased: {row.claim}, {row.check}: value {bias.value} of {bias.of} is off by {off_by}.")
    for line in (*lines, UNIFORM, BIAS, BOUND):
        print(console.prose(line, ""))
    for row in rows:
        for reason in row.reasons[:3]:
            print(console.prose(f"{row.claim}, {row.check}: {reason}"))
    for claim, reason in found.failed.items():
        console.warn(f"{claim}: {raised(reason) or 'no result'}")
