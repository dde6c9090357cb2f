"""What a page says of one claim, as plain values that a template prints."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from derivations.statement import Bound, Exact, LeadingOrder, Limit, Regime, Statement
from verify.claim import Claim
from verify.evidence import KINDS, Audit, Evidence, Holds, Node, Outcome
from verify.report import formulas, plots, text
from verify.report.kept import Kept, Task
from verify.report.sources import cite, spelled_out

if TYPE_CHECKING:
    from markupsafe import Markup

WORST = (Holds.ERROR, Holds.REFUTED, Holds.UNDECIDED, Holds.HOLDS)  # one cell of the matrix shows the first that occurs
WEAKEST = 12  # parts of a formula in its blind-spot map; all blind ones are shown
Places = Callable[[str], Mapping[str, Any]]  # an id -> where the files of the claim stand


def expected_places(identifier: str) -> dict[str, Any]:
    """Where the files of a claim stand by the rules of the layout; experiments are not looked for."""
    path = identifier.replace(".", "/")
    return {"derivation": f"derivations/{path}.py", "entry": f"verify/claims/{path}.py", "experiments": []}


class Cards:
    """Makes the cards of one page, which share the drawings of glyphs. `places` says where a claim's files are."""

    def __init__(self, kept: Kept, places: Places = expected_places) -> None:
        self.formulas, self.kept, self.places = formulas.Formulas(kept), kept, places

    def card(self, claim: Claim, outcome: Outcome, entry: Mapping[str, Any], prefix: str = "") -> SimpleNamespace:
        """All of a claim. `entry` is what report.json says of it; `prefix` goes before the anchors of the card."""
        statement = claim.statement
        same = ("id", "title", "chapter", "covers", "verdict", "latex", "sentence", "seconds")
        return SimpleNamespace(
            **{key: entry[key] for key in same},
            prefix=prefix,
            uses=statement.uses,
            statement=statement,
            date=outcome.date,
            places=self.places(claim.id),
            reason=entry["reason"].removeprefix(f"{entry['verdict']}: "),
            sources=[cite(source) for source in statement.sources],
            formula=self._display(entry["latex"]),
            regime=self._regime(statement.regime, claim.rate) if isinstance(statement, Statement) else None,
            parameters=self._parameters(statement) if isinstance(statement, Statement) else [],
            convention=claim.convention,
            independence=claim.independence,
            steps=self._steps(outcome),
            evidence=[self._evidence(e, slug, claim) for e, slug in zip(outcome.evidence, slugs(outcome), strict=True)],
            audit=self._audit(outcome.audit),
            printed=self._printed(claim, outcome, entry),
        )

    def _display(self, latex: str | None) -> Markup | None:
        return self.formulas.display(latex) if latex else None

    def _inline(self, expression: Any) -> Markup:
        from verify import latex

        return self.formulas.inline(latex.formula(expression))

    def _regime(self, regime: Regime, judged: str) -> Markup:
        from markupsafe import Markup

        match regime:
            case Exact():
                return Markup("Exact, on the whole domain.")
            case Limit():
                parts = [self._inline(e) for e in (regime.parameter, regime.towards, regime.rate)]
                return Markup("In the limit {} → {}, with an error of order {} ({}).").format(*parts, judged)
            case LeadingOrder():
                symbol = self._inline(regime.parameter)
                return Markup("To order {} in {} ({}).").format(regime.order, symbol, judged)
            case Bound():
                return Markup("A bound, attained or approached.") if regime.tight else Markup("A bound.")

    def _parameters(self, statement: Statement) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                symbol=self._inline(p.symbol if not p.is_function else p.symbol(_argument())),
                meaning=p.meaning,
                domain=self._inline(p.domain) if p.domain is not None else "a function",
                unit=p.unit if p.unit != "1" else "",
            )
            for p in statement.parameters
        ]

    def _steps(self, outcome: Outcome) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                claim=step.claim,
                because=step.because,
                verdict=step.verdict,
                how=spelled_out(step.how),
                seconds=step.seconds,
                formula=self._display(step.latex),
                judged=step.judged,
            )
            for step in outcome.steps
        ]

    def _evidence(self, evidence: Evidence, slug: str, claim: Claim) -> SimpleNamespace:
        drawn = self.kept.get(plots.task(evidence, plot_prefix(claim.id, slug)))
        same = (
            "check",
            "kind",
            "points",
            "discrepancy",
            "uncertainty",
            "resolution",
            "resolution_median",
            "seconds",
        )
        return SimpleNamespace(
            **{key: getattr(evidence, key) for key in same},
            slug=slug,
            verdict=evidence.verdict.value,
            detail=spelled_out(evidence.detail),
            coarse=evidence.coarse,
            plots=[plots.Plot(**fields) for fields in drawn],
        )

    def _audit(self, audit: Audit | None) -> SimpleNamespace | None:
        if audit is None:
            return None
        nodes, others = weakest(audit)
        return SimpleNamespace(
            mutants=audit.mutants,
            rejected=audit.rejected,
            crashed=audit.crashed,
            missed=audit.missed,
            equivalent=len(audit.survivors) - audit.missed,
            blind=audit.blind_nodes,
            survivors=[
                SimpleNamespace(formula=self._display(s.latex), reason=s.reason, equivalent=s.equivalent)
                for s in audit.survivors
            ],
            others=len(others),
            finest=max((n.smallest for n in others if n.smallest is not None), default=None),
            nodes=[
                SimpleNamespace(formula=self.formulas.inline(n.latex), smallest=n.smallest, bar=bar)
                for n, bar in zip(nodes, (text.decades(n.smallest) for n in nodes), strict=True)
            ],
        )

    def _printed(self, claim: Claim, outcome: Outcome, entry: Mapping[str, Any]) -> list[SimpleNamespace]:
        details = {form.erratum: form.detail for form in outcome.printed}
        return [
            SimpleNamespace(
                **row,
                formula=self._display(row["latex"]),
                source=cite(form.source),
                detail=details.get(form.erratum, ""),
            )
            for row, form in zip(entry["printed"], claim.statement.printed, strict=True)
        ]


def slow_parts(claim: Claim, outcome: Outcome, entry: Mapping[str, Any]) -> Iterator[Task]:
    """The wide formulas and the plots of a card, which take most of the time."""
    displayed = [entry["latex"], *(form["latex"] for form in entry["printed"]), *(step.latex for step in outcome.steps)]
    displayed += [survivor.latex for survivor in outcome.audit.survivors] if outcome.audit else []
    yield from (formulas.task(latex, block=True) for latex in displayed if latex)
    if outcome.audit:
        yield from (formulas.task(node.latex, block=False) for node in weakest(outcome.audit)[0])
    for evidence, slug in zip(outcome.evidence, slugs(outcome), strict=True):
        yield plots.task(evidence, plot_prefix(claim.id, slug))


def weakest(audit: Audit) -> tuple[list[Node], list[Node]]:
    """The parts of the formula whose changes are noticed worst, and the others, from worst to best."""
    nodes = sorted(audit.nodes, key=lambda node: -(node.smallest if node.smallest is not None else float("inf")))
    shown = max(WEAKEST, audit.blind_nodes)
    return nodes[:shown], nodes[shown:]


def slugs(outcome: Outcome) -> list[str]:
    """A name for each piece of evidence that can stand in an address: that of its check, unlike the others."""
    found: list[str] = []
    for evidence in outcome.evidence:
        base = re.sub(r"[^a-z0-9]+", "-", evidence.check.lower()).strip("-") or "check"
        same = sum(re.fullmatch(rf"{base}(~\d+)?", other) is not None for other in found)
        found.append(f"{base}~{same + 1}" if same else base)
    return found


def plot_prefix(identifier: str, slug: str) -> str:
    """What the ids in the plots of one piece of evidence begin with: the same on every page, and short."""
    return "p" + hashlib.sha256(f"{identifier} {slug}".encode()).hexdigest()[:6]


def cells(outcome: Outcome) -> dict[str, SimpleNamespace | None]:
    """One cell of the matrix for each kind: the worst verdict, all points, the coarsest resolution."""
    found: dict[str, SimpleNamespace | None] = {}
    for kind in KINDS:
        evidence = [e for e in outcome.evidence if e.kind == kind]
        verdict = next((v for v in WORST if any(e.verdict is v for e in evidence)), None)
        resolution = max((e.resolution for e in evidence if e.resolution is not None), default=None)
        points = sum(e.points for e in evidence)
        found[kind] = SimpleNamespace(verdict=verdict.value, points=points, resolution=resolution) if verdict else None
    return found


def _argument() -> Any:
    from derivations.symbols import x

    return x
