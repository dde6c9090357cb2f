"""junit.xml: one test case for each claim, for continuous integration."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from verify.characters import visible  # XML has no control characters


def junit(document: Mapping[str, Any]) -> str:
    """JUnit XML of a report (the data of report.json). Refuted and undecided claims are failures, errors errors."""
    claims, run = document["claims"], document["run"]
    verdicts = [claim["verdict"] for claim in claims]
    failures = verdicts.count("refuted") + verdicts.count("undecided")
    counts = {"tests": len(claims), "failures": failures, "errors": verdicts.count("error"), "skipped": 0}
    head = {key: str(value) for key, value in counts.items()} | {"time": _seconds(run["seconds"])}
    root = ET.Element("testsuites", {"name": "rederive", **head})
    head |= {"name": f"rederive {run['profile']}", "timestamp": run["started"]}
    suite = ET.SubElement(root, "testsuite", head)
    for claim in claims:
        case = ET.SubElement(
            suite,
            "testcase",
            {"classname": claim["chapter"], "name": claim["id"], "time": _seconds(claim["seconds"])},
        )
        if claim["verdict"] != "verified":
            tag = "error" if claim["verdict"] == "error" else "failure"
            message = visible(claim["reason"].partition("\n")[0])
            problem = ET.SubElement(case, tag, {"type": claim["verdict"], "message": message})
            problem.text = visible(_explanation(claim))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _explanation(claim: Mapping[str, Any]) -> str:
    lines = [claim["title"], claim["reason"]]
    for e in claim["evidence"]:
        lines.append(f"{e['check']} ({e['kind']}): {e['verdict']}, {e['points']} points. {e['detail']}")
    return "\n".join(lines)


def _seconds(value: float | str) -> str:
    return f"{float(value):.3f}"
