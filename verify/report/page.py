"""The report as HTML: an index and one page for each claim, or all in one document. Each page needs nothing else.

Styles and scripts stand in every page: a page can be sent alone, and opened from a folder, where a browser gives a
shared file no origin that a policy could name. How pages look stands in the templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from verify.characters import visible
from verify.claim import Claim
from verify.evidence import KINDS, Outcome
from verify.report import aliases, errata, index, text
from verify.report.badge import badge
from verify.report.card import Cards, Places, expected_places, slow_parts
from verify.report.document import unfinished
from verify.report.formulas import Formulas
from verify.report.kept import Kept

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
PAGE, ERRATA, CLAIMS = "index.html", "errata.html", "claims"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the pages are made of: report.json's data, claims in the order of their pages, and how to find files.

    aliases  old ids of claims -> their present ones
    kept     formulas and plots of earlier reports
    """

    document: Mapping[str, Any]
    pairs: tuple[tuple[Claim, Outcome], ...]
    places: Places
    aliases: Mapping[str, str]
    kept: Kept


def report(
    document: Mapping[str, Any],
    claims: Iterable[Claim],
    outcomes: Mapping[str, Outcome],
    *,
    cache: Path | None = None,
    places: Places = expected_places,
    old_ids: Mapping[str, str] = aliases.ALIASES,
) -> Report:
    """Put together what the pages show; `document` is what report.json says, the outcomes add the curves."""
    chosen = list(claims)
    pairs = tuple((claim, outcomes.get(claim.id) or unfinished(claim)) for claim in chosen)
    known = aliases.of_run(old_ids, (claim.id for claim in chosen))
    return Report(document=document, pairs=pairs, places=places, aliases=known, kept=Kept(cache))


def pages(report: Report, *, single_file: bool = False) -> Iterator[tuple[str, str]]:
    """(name of a file, its text) of every page; only the index, with all claims in it, for a single file.

    Control characters in what a claim says are replaced: none reaches a page.
    """
    entries = {entry["id"]: entry for entry in report.document["claims"]}
    slow = [task for claim, outcome in report.pairs for task in slow_parts(claim, outcome, entries[claim.id])]
    slow += [] if single_file else errata.tasks(report.pairs)
    with report.kept.ahead(slow, report.document["run"]["jobs"]):
        for name, html in _pages(report, entries, single_file):
            yield name, visible(html)
    report.kept.save()


def _pages(report: Report, entries: Mapping[str, Any], single_file: bool) -> Iterator[tuple[str, str]]:
    environment = _environment()
    shared = {key: report.document[key] for key in ("summary", "run", "product")} | {"KINDS": KINDS}
    links = _links(report)
    unset: dict[str, int] = {}
    cards, writer = [], Cards(report.kept, report.places)
    template = environment.get_template("claim.html.j2")
    for claim, outcome in report.pairs:
        entry = entries[claim.id]
        if single_file:
            before = len(writer.formulas.unset)
            cards.append(writer.card(claim, outcome, entry, prefix=f"{claim.id}:"))
            unset[claim.id] = len(writer.formulas.unset) - before
            continue
        alone = Cards(report.kept, report.places)
        card = alone.card(claim, outcome, entry)
        unset[claim.id] = len(alone.formulas.unset)
        yield (
            f"{CLAIMS}/{claim.id}.html",
            template.render(
                **shared,
                **links[claim.id],
                card=card,
                formulas=alone.formulas,
                single=False,
                badge=badge(claim.title, card.verdict),
                chapter=index.chapter_title(claim.chapter),
            ),
        )
        yield f"{CLAIMS}/{claim.id}.svg", badge(claim.title, card.verdict)
    if not single_file:
        for old, new in report.aliases.items():
            title = next(claim.title for claim, _ in report.pairs if claim.id == new)
            html = environment.get_template("alias.html.j2").render(**shared, old=old, new=new, title=title)
            yield f"{CLAIMS}/{old}.html", html
            yield f"{CLAIMS}/{old}.svg", badge(title, entries[new]["verdict"])
        drawn = Formulas(report.kept)
        found = errata.parts(report.pairs, drawn)
        yield ERRATA, environment.get_template("errata.html.j2").render(**shared, **found, formulas=drawn, single=False)
    rows = index.rows(report.pairs, report.aliases)
    yield (
        PAGE,
        environment.get_template("index.html.j2").render(
            **shared,
            rows=rows,
            chapters=index.chapters(rows),
            kinds=index.kinds(report.pairs),
            overview=index.overview(report.pairs),
            errata=index.errata(report.pairs),
            unset=unset,
            documents=index.documents(report.pairs),
            alarms=index.alarms(report.pairs),
            single=single_file,
            cards={card.id: card for card in cards},
            links=links,
            formulas=writer.formulas,
        ),
    )


def _links(report: Report) -> dict[str, dict[str, Any]]:
    """What each claim's page leads to: its neighbours, what it rests on and what rests on it."""
    known = {claim.id: SimpleNamespace(id=claim.id, title=claim.title) for claim, _ in report.pairs}
    verdicts = {claim.id: outcome.verdict.value for claim, outcome in report.pairs}
    order = list(known)
    found: dict[str, dict[str, Any]] = {}
    for place, (claim, _) in enumerate(report.pairs):
        uses = [known.get(used) or SimpleNamespace(id=used, title=None) for used in claim.statement.uses]
        found[claim.id] = {
            "previous": known[order[place - 1]] if place else None,
            "following": known[order[place + 1]] if place + 1 < len(order) else None,
            "rests_on": uses,
            "used_by": [known[other.id] for other, _ in report.pairs if claim.id in other.statement.uses],
            "verdicts": verdicts,
        }
    return found


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.loader = FileSystemLoader(TEMPLATES)
    filters = {"figure": text.figure, "count": text.count, "seconds": text.seconds, "prose": text.prose}
    environment.filters.update(filters, capitalize_first=index.capitalize_first, of_run=text.of_run, moment=text.moment)
    environment.filters.update(csv_address=text.csv_address, file_name=text.file_name)
    return environment
