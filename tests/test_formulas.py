"""The list of every formula of the documents: each has claims that the suite has, or a reason; the page is the list."""

from __future__ import annotations

import pytest

from derivations.statement import DOCUMENTS
from verify.errata import formulas
from verify.errata.desk import desk
from verify.errata.formulas import Formula, ListError

# No one formula shows these: words, titles, figures, several formulas together, or what the text recognition lost.
IN_WORDS = {"E7b", "E10", "E13", "E14", "E21", "E22", "E26", "E28", "E35", "E36", "E42", "E43", "E46", "E47"}

SAMPLE = r"""A title

We analyze a network $y = W x$ of width $N$
$$\tau \frac{d}{dt} a
  = s - a$$
- Gradient norm O(N_l)
Nothing to see here! And a sentence, 3 of them.
then there are (n + d)!/(n!d!) terms
"""


def test_formulas_are_found_with_and_without_marks():
    assert list(formulas.found(SAMPLE)) == [
        (3, "y = W x"),
        (3, "N"),
        (4, r"\tau \frac{d}{dt} a = s - a"),
        (6, "- Gradient norm O(N_l)"),
        (8, "then there are (n + d)!/(n!d!) terms"),
    ]


def test_a_formula_that_the_list_lacks_is_named(tmp_path, capsys):
    known = formulas.slides()[0].formulas[0]
    assert formulas.lacking("000", f"${known.text}$\n$a = {{never\\,printed}}$") == [(2, r"a = {never\,printed}")]
    file = tmp_path / "text"
    file.write_text("$a = {never\\,printed}$", encoding="utf-8")
    assert formulas.main(["000", str(file)]) == 1
    assert capsys.readouterr().out == "000:1: a = {never\\,printed}\n"


def test_claims_and_errata_that_the_list_names_exist():
    assert formulas.unknown_claims() == set()
    rows = {row.id for row in desk().rows}
    assert {f.erratum for slide in formulas.slides() for f in slide.formulas if f.erratum} <= rows


def test_every_document_and_every_slide_is_there_once():
    titles = [(slide.document, slide.title, slide.formulas[0].digest) for slide in formulas.slides()]
    assert {document for document, _, _ in titles} == {*DOCUMENTS}
    assert all(slide.formulas for slide in formulas.slides())


def test_every_erratum_of_a_formula_stands_at_its_formula():
    shown = {f.erratum for slide in formulas.slides() for f in slide.formulas}
    assert {row.id for row in desk().rows if not row.in_use} - shown == IN_WORDS


def test_what_a_sentence_says_wrongly_is_not_said_of_the_formula_behind_it():
    """T_min = f(T) is right; the sentence before it, which names T_min, has the order the wrong way round."""
    errata = {f.text: f.erratum for slide in formulas.slides() for f in slide.formulas if f.text.startswith("T_{min}")}
    assert errata == {"T_{min}(y)": "E45", "T_{min}(y) = f(T(y))": ""}


def test_a_formula_has_either_claims_or_a_reason():
    for claims, why in (((), ""), (("deep_linear.mode_logistic",), "a definition")):
        with pytest.raises(ListError, match="either claims"):
            Formula(text="a", digest="0", claims=claims, why=why)


def test_digests_are_those_of_the_formulas_shown():
    for slide in formulas.slides():
        for formula in slide.formulas:
            if not formula.text.endswith("..."):
                assert formulas.digest(formula.text) == formula.digest, formula


def test_the_page_is_the_list():
    page = (formulas.FILE.with_suffix(".md")).read_text(encoding="utf-8")
    assert page == formulas.page(), "write it anew: python -m verify.errata.formulas > docs/formulas.md"
