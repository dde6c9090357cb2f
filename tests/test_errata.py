"""The errata desk: every erratum has its place, every place its erratum, and all claims that are named exist."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from types import SimpleNamespace

import pytest

from tests.report_samples import RUN
from verify import catalogue, latex
from verify.catalogue import load_claims
from verify.checks import Context
from verify.command import console
from verify.command import errata as command
from verify.command.cli import main
from verify.errata import listing
from verify.errata.desk import DeskError, Row, desk
from verify.evidence import Holds, Outcome, PrintedOutcome, Standing
from verify.report import write_report

FORMS = {claim.id: claim.statement.printed for claim in load_claims().values()}


def test_every_number_of_the_list_has_a_row():
    numbers = {int(found[1]) for row in desk().rows if (found := re.match(r"E(\d+)", row.id))}
    assert numbers == {*range(1, 48)} - {33}  # the list has no number 33


def test_every_printed_form_is_at_the_desk_and_every_row_at_a_claim():
    rows = {row.id for row in desk().rows if "printed" in (row.place, row.also)}
    assert rows == {form.erratum for forms in FORMS.values() for form in forms}


def test_rows_in_use_are_those_that_no_document_prints():
    in_use = {form.erratum for forms in FORMS.values() for form in forms if form.kind == "in use"}
    assert in_use | {number.erratum for number in desk().numbers} == {row.id for row in desk().rows if row.in_use}


def test_numbers_in_use_are_judged_and_refuted_with_the_right_value():
    found = listing.judged_numbers(desk())
    assert {name: judged.verdict for name, judged in found.items()} == dict.fromkeys(found, "refuted")
    for erratum, right in {
        "U10": "10.1492637100",
        "U11": "1.70079637",
        "U12": "2.820826",
        "U13": "relu 1.71285855,",
        "U14": "= 50 for",
        "U15": "-0.635181422",
    }.items():
        assert right in found[erratum].right, found[erratum]
    assert "71 % less" in found["U14"].evidence and "proved" in found["U12"].evidence


def test_claims_that_are_named_exist():
    known = set(catalogue.ids())
    for row in (*desk().rows, *desk().units):
        assert set(row.claims) <= known, row
    for one in desk().confirmed:
        assert listing.confirming(one.entry), f"no claim covers {one.entry}"
    for row in desk().rows:
        assert row.place in ("printed", "notation") or listing.behind(row) or row.place == "citation" or row.also, (
            row.id
        )


def test_the_suite_has_the_letters_that_replace_those_of_the_documents():
    letters = {p.name for claim in load_claims().values() for p in claim.parameters}
    for clash in desk().notation:
        assert clash.names and set(clash.names) <= letters, clash


def test_units_are_translated_by_claims_that_have_the_convention():
    for unit in desk().units:
        assert all(load_claims()[claim].convention for claim in unit.claims), unit


def test_titles_and_names_are_compared_with_the_bibliography():
    """Five of nineteen references differ: three titles, and one name in two of them."""
    (found,) = listing.judged_citations(desk()).values()
    assert found.verdict == "refuted" and found.evidence.startswith("5 of 19 references"), found
    wrong = {title.entry for title in desk().citations if title.differences}
    assert wrong >= {"saxe2014exact", "sohldickstein2015deep", "lahiri2016universal", "pennington2017resurrecting"}
    name = next(title for title in desk().citations if title.entry == "pennington2018emergence")
    assert name.differences == ["Schoenholz, not Schloenholz"]
    with pytest.raises(DeskError, match="has no nobody"):
        dataclasses.replace(name, entry="nobody")


def test_a_printed_form_of_an_observation_is_put_to_its_ordeal():
    claim = load_claims()["jacobian_spectrum.thirty_layers"]
    (form,) = claim.statement.printed
    ordeal, context = claim.printed[form.erratum], Context(claim=claim.id)
    verdicts = [
        check.judge(claim.candidate(form.formula), check.prepare(context), context).verdict
        for check in (ordeal.fails, ordeal.holds)
    ]
    assert verdicts == [Holds.REFUTED, Holds.HOLDS] and ordeal.fails.published == "0.9"
    with pytest.raises(ValueError, match="need ordeals"):
        dataclasses.replace(claim, printed={})
    with pytest.raises(TypeError, match="without a formula"):
        claim.candidate()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"place": "somewhere"}, "no place somewhere"),
        ({"slide": ""}, "needs a sentence"),
    ],
)
def test_a_bad_row_is_refused(changes, reason):
    with pytest.raises(DeskError, match=reason):
        Row(**{"id": "E1", "place": "printed", "slide": "It is so.", **changes})


def test_a_row_without_its_table_and_a_row_twice_are_refused():
    with pytest.raises(DeskError, match="units: only one"):
        dataclasses.replace(desk(), units=())
    with pytest.raises(DeskError, match="listed twice: E1"):
        dataclasses.replace(desk(), rows=(*desk().rows, desk().rows[0]))


# ------------------------------------------------------------------------------------------------ shown


def entries() -> list[listing.Entry]:
    return listing.entries((claim, None) for claim in load_claims().values())


def test_the_table_fits_eighty_columns(monkeypatch, capsys):
    monkeypatch.setattr(console, "WIDTH", 80)
    command.table(entries(), desk(), {})
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    first = {line.split()[0] for line in lines if line.strip()}
    assert {row.id for row in desk().rows} <= first
    assert "mean over theta" in "\n".join(lines) and "Schoenholz" in "\n".join(lines)


def test_sentences_fit_a_slide():
    for row in desk().rows:
        assert len(row.slide) <= 180, (row.id, len(row.slide))


def test_verdicts_of_rows_without_a_formula_are_those_of_their_claims():
    row = desk().row("E43")
    assert row is not None
    verdicts: dict[str, str | None] = dict.fromkeys(row.claims, "verified")
    assert listing.standing(listing.behind(row), verdicts) == "verified"
    assert listing.standing(listing.behind(row), {**verdicts, row.claims[0]: "refuted"}) == "refuted"
    assert listing.standing(listing.behind(row), {}) is None
    found = listing.desk_data(desk(), verdicts)
    assert next(r for r in found["rows"] if r["erratum"] == "E43")["verdict"] == "verified"


def test_errata_that_do_not_exist_are_named():
    assert command.unknown(["E5", "E99"], entries(), desk()).startswith("no erratum E99; there are E1, E2,")
    assert command.unknown(["E34"], entries(), desk()) == ""


def test_words_that_name_nothing_are_told_what_errata_there_are(capsys):
    assert main(["errata", "X9"]) == 2 and main(["errata", "X9*"]) == 5
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("errata are E1 to E47, U1 to U32") and second.endswith("errata are E1 to E47, U1 to U32")
    assert "no claim matches 'X9'" in first


def test_claims_behind_the_desk_are_run_where_they_are_not_stored(monkeypatch, tmp_path, capsys):
    """Those whose verdicts rows without a formula have; what the desk judges itself needs none."""
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path))
    asked: list[str] = []

    def run(claims, settings):
        asked.extend(claim.id for claim in claims)
        return SimpleNamespace(outcomes={claim.id: made_up(claim) for claim in claims})

    monkeypatch.setattr("verify.command.commands._run", run)
    assert main(["errata", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {*asked} == {claim for claim, forms in FORMS.items() if forms} | {*listing.deciding(desk())}
    assert {one["verdict"] for one in found["confirmed"]} == {"verified"}
    assert all(row["verdict"] for row in found["rows"] if row["claims"])
    assert {row["verdict"] for row in found["rows"] if row["place"] == "number"} == {"refuted"}
    asked.clear()
    assert main(["errata"]) == 0
    out = capsys.readouterr().out
    assert not re.search(r"not judged|not run$", out, re.MULTILINE)
    asked.clear()
    assert main(["errata", "U10", "E40", "E35", "--latex"]) == 0 and asked == []
    assert r"\subsection*{Numbers in use}" in capsys.readouterr().out


def test_a_row_without_a_formula_is_told_in_full(monkeypatch, capsys):
    """With its verdicts, conventions and letters, as text and as JSON."""
    monkeypatch.setattr(
        "verify.command.commands._run",
        lambda claims, settings: SimpleNamespace(outcomes={claim.id: made_up(claim) for claim in claims}),
    )
    assert main(["errata", "E40", "E43", "U10", "--fresh"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for words in (
        "D: depth, and the diagonal matrix of slopes",
        "claims: manifold_geometry.shallow_length_bound (verified)",
        "refuted: critical at sigma_w = 10.1492637100",
        "claims: jacobian_spectrum.logistic_sigmoid on a slide",
    ):
        assert words in out
    assert main(["errata", "E40", "U10", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["erratum"] for row in found["rows"]] == ["E40", "U10"] and found["errata"] == found["units"] == []
    assert len(found["notation"]) > 3 and [number["verdict"] for number in found["numbers"]] == ["refuted"]


@pytest.mark.tex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_the_list_compiles_as_latex_and_fits(tmp_path):
    body = latex.errata(entries(), command.sections(desk()))
    assert latex.compile_pdf(latex.document(body), tmp_path / "errata.pdf").overfull == ()


def test_the_page_has_both_formulas_the_sentence_and_the_tables(tmp_path):
    """Of claims of the suite; their outcomes are made up."""
    claims = [load_claims()[name] for name in ("deep_linear.mode_competition", "semantic_development.tree_spectrum")]
    found = {claim.id: made_up(claim) for claim in claims}
    write_report(claims, found, RUN, tmp_path)
    page = (tmp_path / "errata.html").read_text(encoding="utf-8")
    assert page.count("<svg") > 5 and len(page.encode()) < 600_000
    same, other = "the same formula, where it is stated", "autocorrelation over the circle"
    for words in ("Output modes compete", "refuted", same, other):
        assert words in page
    assert 'href="claims/deep_linear.mode_competition.html#erratum-E5"' in page
    assert "Schoenholz" in page and "2.952" in page and "errata.html" in (tmp_path / "index.html").read_text("utf-8")


def made_up(claim) -> Outcome:
    forms = tuple(
        PrintedOutcome(erratum=f.erratum, verdict="refuted", detail="made up") for f in claim.statement.printed
    )
    digest = claim.statement.digest
    return Outcome(id=claim.id, digest=digest, verdict=Standing.VERIFIED, reason="made up", printed=forms)
