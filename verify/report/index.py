"""What the index says of a run: a row for each claim, gaps, errata, and the words to search for."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import sympy as sp

from derivations.statement import DOCUMENTS, Observation, needed
from verify.catalogue import natural
from verify.claim import Claim
from verify.evidence import KINDS, Holds, Outcome
from verify.lettering import plain
from verify.report import reliability, sources
from verify.report.card import cells

ABBREVIATIONS = {"sgd": "SGD"}
Pair = tuple[Claim, Outcome]


def chapter_title(chapter: str) -> str:
    """A chapter's name for people: `sgd_noise` is "SGD noise"."""
    return capitalize_first(" ".join(ABBREVIATIONS.get(word, word) for word in chapter.split("_")))


def capitalize_first(sentence: str) -> str:
    """A sentence with a capital at its start; the rest stays as it is."""
    return sentence[:1].upper() + sentence[1:]


def rows(pairs: Sequence[Pair], old_ids: Mapping[str, str]) -> list[SimpleNamespace]:
    """One row of the matrix for each claim."""
    return [
        SimpleNamespace(
            id=claim.id,
            title=claim.title,
            chapter=claim.chapter,
            verdict=outcome.verdict.value,
            reason=outcome.reason.removeprefix(f"{outcome.verdict.value}: "),
            cells=cells(outcome),
            audit=outcome.audit,
            search=words(claim, outcome),
            aliases=[old for old, new in old_ids.items() if new == claim.id],
        )
        for claim, outcome in pairs
    ]


def chapters(found: Iterable[SimpleNamespace]) -> list[SimpleNamespace]:
    """The rows by chapter, in their order."""
    groups: dict[str, list[SimpleNamespace]] = {}
    for row in found:
        groups.setdefault(row.chapter, []).append(row)
    return [SimpleNamespace(id=name, title=chapter_title(name), rows=group) for name, group in groups.items()]


def words(claim: Claim, outcome: Outcome) -> str:
    """Everything under which a claim is searched for, each word once: symbols, authors, sentences, verdicts, errata."""
    statement = claim.statement
    said = [claim.id, claim.id.replace("_", " "), claim.title, chapter_title(claim.chapter), outcome.verdict.value]
    said += [*statement.covers, *statement.assumptions, claim.convention]
    for source in (*statement.sources, *(form.source for form in statement.printed)):
        said += [sources.names(source.name), source.where]
    for form in statement.printed:
        said += [form.erratum, form.kind, form.note]
    if isinstance(statement, Observation):
        said += ["observation", statement.sentence, statement.quantity, statement.negative_control]
    else:
        relations = (statement.formula, *statement.where)
        symbols = set().union(*(needed(relation) for relation in relations))
        symbols |= {symbol for relation in relations for symbol in relation.atoms(sp.Symbol)}
        spelled = sorted(str(getattr(symbol, "__name__", symbol)) for symbol in symbols)
        said += ["statement", *spelled, *map(plain, spelled)]
        said += [parameter.meaning for parameter in statement.parameters]
    for evidence in outcome.evidence:
        said += [evidence.check, evidence.kind]
    return " ".join(dict.fromkeys(re.sub(r"[,;:()\"]", " ", " ".join(said)).lower().split()))


def kind(name: str, pairs: Sequence[Pair]) -> SimpleNamespace:
    """What one kind of evidence gave over the whole run, and the claim where it sees least."""
    holding = [(c, e) for c, o in pairs for e in o.evidence if e.kind == name and e.verdict is Holds.HOLDS]
    resolved = [(e.resolution, c) for c, e in holding if e.resolution is not None]
    coarsest, claim = max(resolved, key=lambda row: row[0], default=(None, None))
    return SimpleNamespace(
        name=name,
        claims=len({c.id for c, _ in holding}),
        points=sum(e.points for _, e in holding),
        digits=_digits([e.uncertainty for _, e in holding]) if name == "certified" else None,
        coarsest=coarsest,
        id=claim.id if claim else "",
        title=claim.title if claim else "",
    )


def _digits(widths: Iterable[float | None]) -> tuple[int, int] | None:
    """The fewest and the most digits that checks prove of all their numbers, from their widest balls."""
    proven = [math.floor(-math.log10(width)) for width in widths if width]
    return (min(proven), max(proven)) if proven else None


def overview(pairs: Sequence[Pair]) -> SimpleNamespace:
    """What stands in the summary beside report.json's own: gaps of the derivations and of the audits."""
    steps = [step.verdict for _, outcome in pairs for step in outcome.steps]
    unjudged = [step.verdict for _, outcome in pairs for step in outcome.steps if not step.judged]
    audits = [(claim, outcome.audit) for claim, outcome in pairs if outcome.audit is not None]
    printed = [form.verdict for _, outcome in pairs for form in outcome.printed]
    return SimpleNamespace(
        proved=steps.count("proved"),
        assumed=steps.count("assumed"),
        steps=len(steps),
        instances=steps.count("proved for instances"),
        unjudged=len(unjudged),
        unjudged_of_assumed=unjudged.count("assumed"),
        missed=sum(audit.missed for _, audit in audits),
        crashed=sum(audit.crashed for _, audit in audits),
        equivalent=sum(len(audit.survivors) - audit.missed for _, audit in audits),
        missed_in=[claim for claim, audit in audits if audit.missed],
        audited=len(audits),
        nodes=sum(len(audit.nodes) for _, audit in audits),
        blind=sum(audit.blind_nodes for _, audit in audits),
        printed=len(printed),
        conditional=printed.count("conditional"),
        printed_holds=printed.count("holds"),
    )


def errata(pairs: Sequence[Pair]) -> list[SimpleNamespace]:
    """All printed forms of the run, E2 before E10."""
    found = []
    for claim, outcome in pairs:
        verdicts = {form.erratum: form.verdict for form in outcome.printed}
        for form in claim.statement.printed:
            source = sources.cite(form.source)
            row = SimpleNamespace(
                erratum=form.erratum,
                kind=form.kind,
                note=form.note,
                verdict=verdicts.get(form.erratum),
                id=claim.id,
                title=claim.title,
                document=form.source.name,
                source=source,
            )
            found.append(row)
    return sorted(found, key=lambda row: natural(row.erratum))


def alarms(pairs: Sequence[Pair]) -> dict[str, Any]:
    """What sweeps over fresh seeds found, and under "experiments" the audits of these, as far as kept.

    The run of a report makes none. They are about the suite: nothing is said of them where all claims are one's own.
    """
    if all(claim.statement.is_own for claim, _ in pairs):
        return {}
    found: dict[str, Any] = json.loads(reliability.FILE.read_text(encoding="utf-8"))
    return found


def documents(pairs: Sequence[Pair]) -> list[SimpleNamespace]:
    """The four documents, and how many claims of the run stand in each; none where all claims are one's own."""
    if all(claim.statement.is_own for claim, _ in pairs):
        return []
    return [
        SimpleNamespace(
            key=key,
            name=name,
            claims=sum(any(source.document == key for source in claim.statement.sources) for claim, _ in pairs),
        )
        for key, name in DOCUMENTS.items()
    ]


def kinds(pairs: Sequence[Pair]) -> list[SimpleNamespace]:
    """All kinds of evidence, as `kind` tells of each."""
    return [kind(name, pairs) for name in KINDS]
