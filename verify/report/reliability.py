"""What long audits found, kept beside the page.

`python -m verify.report.reliability FILE...` takes what `rederive audit --experiments --json` printed, claim by claim
or many at once, adds it to what reliability.json keeps of other claims, and prints the sums as a table for
docs/reliability.md. What `rederive audit --false-alarms N --json` printed of all claims takes the place of the sweep
before.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from verify.audit.experiments import ENDS

FILE = Path(__file__).with_name("reliability.json")
Counts = dict[str, int]  # how many mistakes were planted, and how many came to each end, where there are any
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


def sweep(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says of a sweep over fresh seeds."""
    checks = found["checks"]
    return {
        "command": f"rederive audit --false-alarms {found['seeds']}",
        "date": str(datetime.date.today()),
        "claims": len({check["claim"] for check in checks}),
        "checks": len(checks),
        **{key: found[key] for key in ("seeds", "runs", "refuted", "undecided", "bound")},
        "not_uniform": len(found["not_uniform"]),
    }


def main(files: Sequence[str]) -> int:
    """Keep what is in the files, and print the counts by kind; a file without text is a run that was cut short."""
    texts = [Path(file).read_text(encoding="utf-8") for file in files]
    runs = [json.loads(text) for text in texts if text.strip()]
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    mistakes = kept.pop("experiments")
    for found in runs:
        if "checks" in found:
            kept = sweep(found)
    by_claim = mistakes["by_claim"] | counted(found for found in runs if "checks" not in found)
    about = {"command": "rederive audit --experiments", "date": str(datetime.date.today())}
    kept["experiments"] = {**about, **summed(by_claim), "by_claim": dict(sorted(by_claim.items()))}
    FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(kept["experiments"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
