"""The report as one HTML file that needs nothing else: what to say. How it looks stands in the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from derivations.statement import DOCUMENTS, Bound, Exact, LeadingOrder, Limit, Regime, Source, Statement, bibliography
from verify.claim import Claim
from verify.evidence import KINDS, Audit, Evidence, Holds, Node, Outcome
from verify.report import formulas, plots, text
from verify.report.document import unfinished
from verify.report.kept import Kept, Task

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")
WORST = (Holds.ERROR, Holds.REFUTED, Holds.UNDECIDED, Holds.HOLDS)  # one cell of the matrix shows the first that occurs
WEAKEST = 12  # parts of a formula in its blind-spot map; all blind ones are shown
ABBREVIATIONS = {"sgd": "SGD"}


def render(
    document: Mapping[str, Any], claims: Iterable[Claim], outcomes: Mapping[str, Outcome], cache: Path | None = None
) -> str:
    """The page of a report: `document` is what report.json says, the outcomes add the curves, `cache` saves time."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    kept = Kept(cache)
    writer = _Writer(kept)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.loader = FileSystemLoader(TEMPLATES)
    filters = {"figure": text.figure, "count": text.count, "seconds": text.seconds, "prose": text.prose}
    environment.filters.update(filters, capitalize_first=capitalize_first)
    pairs = [(claim, outcomes.get(claim.id) or unfinished(claim)) for claim in claims]
    entries = {entry["id"]: entry for entry in document["claims"]}
    kept.make_ahead(_slow_parts(pairs, entries), document["run"]["jobs"])
    cards = [writer.card(number, claim, outcome, entries[claim.id]) for number, (claim, outcome) in enumerate(pairs)]
    chapters: dict[str, list[SimpleNamespace]] = {}
    for card in cards:
        chapters.setdefault(card.chapter, []).append(card)
    html = environment.get_template("page.html.j2").render(
        document=document, summary=document["summary"], run=document["run"], product=document["product"],
        chapters=[SimpleNamespace(id=c, title=chapter_title(c), cards=group) for c, group in chapters.items()],
        kinds=[_kind(kind, pairs) for kind in KINDS], kind_names=KINDS, overview=_overview(pairs), cards=cards,
        formulas=writer.formulas,
    )  # fmt: skip
    kept.save()
    return html


def chapter_title(chapter: str) -> str:
    """A chapter's name for people: `sgd_noise` is "SGD noise"."""
    return capitalize_first(" ".join(ABBREVIATIONS.get(word, word) for word in chapter.split("_")))


def capitalize_first(sentence: str) -> str:
    """A sentence with a capital at its start; the rest stays as it is."""
    return sentence[:1].upper() + sentence[1:]


def cite(source: Source) -> str:
    """A source for people: author, title and year of a paper, or the name of a slide deck."""
    if source.document in DOCUMENTS:
        return DOCUMENTS[source.document]
    entry = bibliography()[source.document]
    title, year = _field(entry, "title"), _field(entry, "year")
    return f"{_authors(entry)}, {title} ({year})" if title else source.document


def spelled_out(sentence: str) -> str:
    """A sentence with BibTeX keys replaced by authors and year."""
    for key, entry in bibliography().items():
        sentence = sentence.replace(key, f"{_authors(entry)} ({_field(entry, 'year')})")
    return sentence


def _authors(entry: str) -> str:
    first, *others = (name.partition(",")[0].strip() for name in _field(entry, "author").split(" and "))
    return f"{first} et al." if len(others) > 2 else ", ".join([first, *others])


def _field(entry: str, name: str) -> str:
    """One field of a BibTeX entry as plain text, empty where it is missing."""
    found = re.search(rf"(?is)\b{name}\s*=\s*[{{\"](.*?)[}}\"]\s*,?\s*\n", entry)
    return " ".join(re.sub(r"[{}]", "", found[1]).split()) if found else ""


class _Writer:
    """Turns claims into what the template prints."""

    def __init__(self, kept: Kept) -> None:
        self.formulas, self.kept = formulas.Formulas(kept), kept

    def card(self, number: int, claim: Claim, outcome: Outcome, entry: Mapping[str, Any]) -> SimpleNamespace:
        statement = claim.statement
        sources = [SimpleNamespace(text=cite(source), where=source.where) for source in statement.sources]
        errata, places = [form.erratum for form in statement.printed], [source.where for source in sources]
        words = [claim.id, claim.title, *statement.covers, *errata, *places]
        same = ("id", "title", "chapter", "covers", "verdict", "latex", "sentence", "seconds")
        return SimpleNamespace(
            **{key: entry[key] for key in same},
            reason=entry["reason"].removeprefix(f"{entry['verdict']}: "),
            sources=sources, search=" ".join(words).lower(), formula=self._display(entry["latex"]), statement=statement,
            regime=self._regime(statement.regime) if isinstance(statement, Statement) else None,
            parameters=self._parameters(statement) if isinstance(statement, Statement) else [],
            convention=claim.convention, independence=claim.independence, steps=self._steps(outcome),
            evidence=[self._evidence(e, _prefix(number, index)) for index, e in enumerate(outcome.evidence)],
            cells=_cells(outcome), audit=self._audit(outcome.audit), printed=self._printed(claim, outcome, entry),
        )  # fmt: skip

    def _display(self, latex: str | None) -> Markup | None:
        return self.formulas.display(latex) if latex else None

    def _inline(self, expression: Any) -> Markup:
        from verify import latex

        return self.formulas.inline(latex.formula(expression))

    def _regime(self, regime: Regime) -> Markup:
        from markupsafe import Markup

        match regime:
            case Exact():
                return Markup("Exact, on the whole domain.")
            case Limit():
                parts = [self._inline(e) for e in (regime.parameter, regime.towards, regime.rate)]
                return Markup("In the limit {} → {}, with an error of order {}.").format(*parts)
            case LeadingOrder():
                return Markup("To order {} in {}.").format(regime.order, self._inline(regime.parameter))
            case Bound():
                return Markup("A bound, attained or approached.") if regime.tight else Markup("A bound.")

    def _parameters(self, statement: Statement) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                symbol=self._inline(p.symbol if not p.is_function else p.symbol(_argument())), meaning=p.meaning,
                domain=self._inline(p.domain) if p.domain is not None else "a function",
                unit=p.unit if p.unit != "1" else "",
            )
            for p in statement.parameters
        ]  # fmt: skip

    def _steps(self, outcome: Outcome) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                claim=step.claim, because=step.because, verdict=step.verdict, how=spelled_out(step.how),
                seconds=step.seconds, formula=self._display(step.latex),
            )
            for step in outcome.steps
        ]  # fmt: skip

    def _evidence(self, evidence: Evidence, prefix: str) -> SimpleNamespace:
        made = self.kept.get(*plots.task(evidence, prefix))
        return SimpleNamespace(
            check=evidence.check, kind=evidence.kind, verdict=evidence.verdict.value, points=evidence.points,
            discrepancy=evidence.discrepancy, uncertainty=evidence.uncertainty, resolution=evidence.resolution,
            seconds=evidence.seconds, seed=evidence.seed, detail=spelled_out(evidence.detail),
            plots=[plots.Plot(**p) for p in made],
        )  # fmt: skip

    def _audit(self, audit: Audit | None) -> SimpleNamespace | None:
        if audit is None:
            return None
        nodes, others = _weakest(audit)
        return SimpleNamespace(
            mutants=audit.mutants, rejected=audit.rejected, crashed=audit.crashed, missed=audit.missed,
            equivalent=len(audit.survivors) - audit.missed, blind=audit.blind_nodes,
            survivors=[
                SimpleNamespace(formula=self._display(s.latex), reason=s.reason, equivalent=s.equivalent)
                for s in audit.survivors
            ],
            others=len(others), finest=max((n.smallest for n in others if n.smallest is not None), default=None),
            nodes=[
                SimpleNamespace(formula=self.formulas.inline(n.latex), smallest=n.smallest, bar=bar)
                for n, bar in zip(nodes, (text.decades(n.smallest) for n in nodes), strict=True)
            ],
        )  # fmt: skip

    def _printed(self, claim: Claim, outcome: Outcome, entry: Mapping[str, Any]) -> list[SimpleNamespace]:
        details = {form.erratum: form.detail for form in outcome.printed}
        return [
            SimpleNamespace(
                **row, formula=self._display(row["latex"]), source=cite(form.source), where=form.source.where,
                detail=details.get(form.erratum, ""),
            )
            for row, form in zip(entry["printed"], claim.statement.printed, strict=True)
        ]  # fmt: skip


def _weakest(audit: Audit) -> tuple[list[Node], list[Node]]:
    """The parts of the formula whose changes are noticed worst, and the others, from worst to best."""
    nodes = sorted(audit.nodes, key=lambda node: -(node.smallest if node.smallest is not None else float("inf")))
    shown = max(WEAKEST, audit.blind_nodes)
    return nodes[:shown], nodes[shown:]


def _argument() -> Any:
    from derivations.symbols import x

    return x


def _slow_parts(pairs: list[tuple[Claim, Outcome]], entries: Mapping[str, Mapping[str, Any]]) -> Iterator[Task]:
    """The wide formulas and the plots of all cards, which take most of the time."""
    for number, (claim, outcome) in enumerate(pairs):
        entry = entries[claim.id]
        displayed = [
            entry["latex"],
            *(form["latex"] for form in entry["printed"]),
            *(step.latex for step in outcome.steps),
        ]
        displayed += [survivor.latex for survivor in outcome.audit.survivors] if outcome.audit else []
        yield from (formulas.task(latex, block=True) for latex in displayed if latex)
        if outcome.audit:
            yield from (formulas.task(node.latex, block=False) for node in _weakest(outcome.audit)[0])
        yield from (plots.task(e, _prefix(number, index)) for index, e in enumerate(outcome.evidence))


def _prefix(number: int, index: int) -> str:
    """What the ids in the plots of one piece of evidence begin with."""
    return f"c{number}e{index}"


def _cells(outcome: Outcome) -> dict[str, SimpleNamespace | None]:
    """One cell of the matrix for each kind: the worst verdict, all points, the coarsest resolution."""
    cells: dict[str, SimpleNamespace | None] = {}
    for kind in KINDS:
        found = [e for e in outcome.evidence if e.kind == kind]
        verdict = next((v for v in WORST if any(e.verdict is v for e in found)), None)
        resolution = max((e.resolution for e in found if e.resolution is not None), default=None)
        points = sum(e.points for e in found)
        cells[kind] = SimpleNamespace(verdict=verdict.value, points=points, resolution=resolution) if verdict else None
    return cells


def _kind(kind: str, pairs: list[tuple[Claim, Outcome]]) -> SimpleNamespace:
    """What one kind of evidence gave over the whole run, and the claim where it sees least."""
    holding = [(c, e) for c, o in pairs for e in o.evidence if e.kind == kind and e.verdict is Holds.HOLDS]
    resolved = [(e.resolution, c) for c, e in holding if e.resolution is not None]
    coarsest, claim = max(resolved, key=lambda row: row[0], default=(None, None))
    return SimpleNamespace(
        name=kind, claims=len({c.id for c, _ in holding}), points=sum(e.points for _, e in holding), coarsest=coarsest,
        id=claim.id if claim else "", title=claim.title if claim else "",
    )  # fmt: skip


def _overview(pairs: list[tuple[Claim, Outcome]]) -> SimpleNamespace:
    """What stands in the summary beside report.json's own: gaps of the derivations and of the audits."""
    steps = [step.verdict for _, outcome in pairs for step in outcome.steps]
    audits = [(claim, outcome.audit) for claim, outcome in pairs if outcome.audit is not None]
    printed = [form.verdict for _, outcome in pairs for form in outcome.printed]
    return SimpleNamespace(
        proved=steps.count("proved"), assumed=steps.count("assumed"), steps=len(steps),
        missed=sum(audit.missed for _, audit in audits), crashed=sum(audit.crashed for _, audit in audits),
        equivalent=sum(len(audit.survivors) - audit.missed for _, audit in audits),
        missed_in=[claim for claim, audit in audits if audit.missed], audited=len(audits),
        nodes=sum(len(audit.nodes) for _, audit in audits), blind=sum(audit.blind_nodes for _, audit in audits),
        printed=len(printed), conditional=printed.count("conditional"), printed_holds=printed.count("holds"),
    )  # fmt: skip
