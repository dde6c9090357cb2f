"""What long audits found, kept beside the page.

`python -m verify.report.reliability FILE...` takes what `rederive audit --experiments --json` printed, claim by claim
or many at once, adds it to what reliability.json keeps of other claims, and prints the sums as tables for
docs/reliability.md. What `rederive audit --false-alarms N --json` printed is added to sweeps with other seeds
(`--seed`), and takes the place of those with the same and no more of them.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from verify.audit.alarms import (
    FEWEST,
    NOT_UNIFORM,
    is_biased,
    largest_bias,
    rate_bound,
    uniformity_of_parts,
    with_smallest,
)
from verify.audit.experiments import ENDS

FILE = Path(__file__).with_name("reliability.json")
Counts = dict[str, int]  # how many mistakes were planted, and how many came to each end, where there are any
Row = dict[str, Any]  # one check of a sweep
KEPT = ("claim", "check", "seed", "seeds", "refuted", "undecided", "exact", "parts", "sums")
MANY = 1000  # seeds that every check is to have
NOTHING = dict.fromkeys(("planted", *ENDS.values()), 0)


def counted(runs: Iterable[dict[str, Any]]) -> dict[str, dict[str, Counts]]:
    """Counts by claim and kind of mistake. A claim that several runs have counts as the last one has it."""
    claims = {claim["id"]: claim["mistakes"] for run in runs for claim in run["claims"]}
    return {
        name: {kind: _ends([m["end"] for m in mistakes if m["kind"] == kind]) for kind in _kinds(mistakes)}
        for name, mistakes in sorted(claims.items())
    }


def summed(by_claim: Mapping[str, Mapping[str, Counts]]) -> dict[str, Any]:
    """Counts of all mistakes, and by kind."""
    kinds: dict[str, Counter[str]] = {}
    for found in by_claim.values():
        for kind, counts in found.items():
            kinds.setdefault(kind, Counter(NOTHING)).update(counts)
    everything = Counter(NOTHING)
    for counts in kinds.values():
        everything.update(counts)
    return {"claims": len(by_claim), **everything, "kinds": {kind: dict(counts) for kind, counts in kinds.items()}}


def _kinds(mistakes: Sequence[dict[str, Any]]) -> Iterable[str]:
    return dict.fromkeys(mistake["kind"] for mistake in mistakes)


def _ends(ends: Sequence[str]) -> Counts:
    return {"planted": len(ends)} | Counter(ENDS[end] for end in ends)


def table(found: dict[str, Any]) -> str:
    """The counts by kind as Markdown."""
    rows = [f"| mistake | planted | {' | '.join(ENDS)} |", "|---" * (len(ENDS) + 2) + "|"]
    rows += [f"| {kind} | {' | '.join(map(str, counts.values()))} |" for kind, counts in found["kinds"].items()]
    return "\n".join(rows)


def with_sweep(rows: Iterable[Row], found: Mapping[str, Any]) -> list[Row]:
    """Rows of checks and those of a new sweep, which takes the place of one with the same seed and no more seeds."""
    kept = {(row["claim"], row["check"], row["seed"]): row for row in rows}
    for check in found["checks"]:
        row = {"seed": found["seed"], **check}
        before = kept.get(key := (row["claim"], row["check"], row["seed"]))
        if before is None or row["seeds"] >= before["seeds"]:
            kept[key] = {
                name: row[name] for name in KEPT if name in row
            }  # sums are lacking in sweeps of older versions
    return [row for _, row in sorted(kept.items())]


def added(rows: Iterable[Row]) -> list[Row]:
    """One row for each check: its sweeps with different seeds added up."""
    by_check: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_check.setdefault((row["claim"], row["check"]), []).append(row)
    return [
        {
            "claim": claim,
            "check": check,
            **{key: sum(row[key] for row in own) for key in ("seeds", "refuted", "undecided")},
            "exact": all(row["exact"] for row in own),
            "parts": [sum(part) for part in zip(*(row["parts"] for row in own if row["parts"]), strict=True)],
            "sums": _added_sums([row["sums"] for row in own if row.get("sums")]),
        }
        for (claim, check), own in by_check.items()
    ]


def _added_sums(sums: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Those of several sweeps; none where they are of different numbers of values."""
    if len({len(one) for one in sums}) != 1:
        return []
    return [[sum(numbers) for numbers in zip(*of_value, strict=True)] for of_value in zip(*sums, strict=True)]


def sweeps(rows: Sequence[Row]) -> dict[str, Any]:
    """What the page says of the seeds of all checks: `seeds` or more for each, `most_seeds` or more for `longest`.

    The latter are MANY, or as many as any check had.
    """
    checks = added(rows)
    runs, refuted = sum(row["seeds"] for row in checks), sum(row["refuted"] for row in checks)
    told = [row for row in checks if sum(row["parts"]) >= FEWEST]
    chances = [with_smallest(uniformity_of_parts(r["parts"], two_sided=r["exact"]), r["parts"]) for r in told]
    biases = [bias for row in checks if (bias := largest_bias(row["sums"])) is not None]
    most = min(MANY, max(row["seeds"] for row in checks))
    return {
        "command": "rederive audit --false-alarms N",
        "date": str(datetime.date.today()),
        "claims": len({row["claim"] for row in checks}),
        "checks": len(checks),
        "seeds": min(row["seeds"] for row in checks),
        "most_seeds": most,
        "longest": sum(row["seeds"] >= most for row in checks),
        "runs": runs,
        "refuted": refuted,
        "undecided": sum(row["undecided"] for row in checks),
        "bound": rate_bound(refuted, runs),
        "with_p_values": len(told),
        "not_uniform": sum(chance < NOT_UNIFORM / len(told) for chance in chances),
        "with_means": len(biases),
        "biased": sum(is_biased(bias, len(biases)) for bias in biases),
        "sweeps": rows,
    }


def sweep_table(rows: Sequence[Row]) -> str:
    """How many checks had how many seeds, and what came of them, as Markdown."""
    lines = [
        "| fresh seeds | checks | runs | refuted | undecided | rate of a false refutation below |",
        "|---" * 6 + "|",
    ]
    checks = added(rows)
    for seeds in sorted({row["seeds"] for row in checks}, reverse=True):
        own = [row for row in checks if row["seeds"] == seeds]
        runs, refuted, undecided = seeds * len(own), sum(r["refuted"] for r in own), sum(r["undecided"] for r in own)
        lines.append(f"| {seeds} | {len(own)} | {runs} | {refuted} | {undecided} | {rate_bound(refuted, runs):.2g} |")
    return "\n".join(lines)


def main(files: Sequence[str]) -> int:
    """Keep what is in the files, and print the sums; a file without text is a run that was cut short."""
    texts = [Path(file).read_text(encoding="utf-8") for file in files]
    runs = [json.loads(text) for text in texts if text.strip()]
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    mistakes = kept.pop("experiments")
    for found in runs:
        if "checks" in found:
            kept = sweeps(with_sweep(kept["sweeps"], found))
    audited = counted(found for found in runs if "checks" not in found)
    by_claim = mistakes["by_claim"] | audited
    date = str(datetime.date.today()) if audited else mistakes["date"]
    about = {"command": "rederive audit --experiments", "date": date}
    kept["experiments"] = {**about, **summed(by_claim), "by_claim": dict(sorted(by_claim.items()))}
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    lines = re.sub(r"(?<=[\[\d,\]])\s+(?=[-\d\[\]])", " ", text)  # numbers on one line
    FILE.write_text(lines + "\n", encoding="utf-8")
    print(sweep_table(kept["sweeps"]), table(kept["experiments"]), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
