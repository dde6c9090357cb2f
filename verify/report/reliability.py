"""What audits of experiments found, kept beside the page: counts of several runs, added up.

`python -m verify.report.reliability FILE...` takes what `rederive audit --experiments --json` printed, claim by claim
or many at once, keeps the sums in reliability.json, and prints them as a table for docs/reliability.md.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from verify.audit.experiments import ENDS

FILE = Path(__file__).with_name("reliability.json")


def summed(runs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Counts over all claims of some runs: of all mistakes, by kind, and by claim where something was not caught.

    A claim that several runs have counts as the last one has it.
    """
    claims = {claim["id"]: claim["mistakes"] for run in runs for claim in run["claims"]}
    everything = [mistake for mistakes in claims.values() for mistake in mistakes]
    kinds = dict.fromkeys(mistake["kind"] for mistake in everything)
    counted = {name: _counts(mistakes) for name, mistakes in sorted(claims.items())}
    return {
        "claims": len(claims),
        **_counts(everything),
        "kinds": {kind: _counts([m for m in everything if m["kind"] == kind]) for kind in kinds},
        "not_caught": {name: found for name, found in counted.items() if found["caught"] < found["planted"]},
    }


def _counts(mistakes: Sequence[dict[str, Any]]) -> dict[str, int]:
    found = Counter(mistake["end"] for mistake in mistakes)
    return {"planted": len(mistakes)} | {key: found[end] for end, key in ENDS.items()}


def table(found: dict[str, Any]) -> str:
    """The counts by kind as Markdown."""
    rows = [f"| mistake | planted | {' | '.join(ENDS)} |", "|---" * (len(ENDS) + 2) + "|"]
    rows += [f"| {kind} | {' | '.join(map(str, counts.values()))} |" for kind, counts in found["kinds"].items()]
    return "\n".join(rows)


def main(files: Sequence[str]) -> int:
    """Keep the counts of the runs in the files, and print them; a file without text is a run that was cut short."""
    texts = [Path(file).read_text(encoding="utf-8") for file in files]
    found = summed(json.loads(text) for text in texts if text.strip())
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    kept["experiments"] = {"command": "rederive audit --experiments", "date": str(datetime.date.today()), **found}
    FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
