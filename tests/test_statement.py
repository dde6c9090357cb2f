"""Statements check themselves when they are built."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
from pathlib import Path

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

import derivations
from derivations import symbols
from derivations.statement import (
    DOCUMENTS,
    Exact,
    Observation,
    Parameter,
    Printed,
    Source,
    Statement,
    StatementError,
    bibliography,
)
from derivations.symbols import phi, s, t, tau
from verify.bibliography import field, looked_up
from verify.catalogue import load_claims
from verify.latex.citations import entries, written
from verify.report.sources import cite

DERIVATIONS = Path(derivations.__file__).parent
SOURCE = Source(document="001", where="Analytic learning trajectory")
TIME = Parameter(symbol=t, meaning="time", domain=sp.Interval(0, sp.oo), typical=(0.1, 3))
SIZE = Parameter(symbol=s, meaning="size", domain=sp.Interval.open(0, sp.oo), typical=(0.3, 3))


def build(**changes) -> Statement:
    fields = dict(
        module="derivations.sample.decay",
        title="Decay",
        formula=sp.Eq(sp.Symbol("y"), s * sp.exp(-t)),
        parameters=(TIME, SIZE),
        assumptions=(),
        regime=Exact(),
        sources=(SOURCE,),
        covers=("A9",),
    )
    return Statement(**{**fields, **changes})


def test_a_good_statement():
    statement = build()
    assert statement.id == "sample.decay" and statement.chapter == "sample"
    assert statement.right == (s * sp.exp(-t),)
    assert len(statement.digest) == 16


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parameters": (TIME,)}, "no Parameter for s"),
        ({"parameters": (TIME, SIZE, SIZE)}, "twice"),
        ({"sources": ()}, "source"),
        ({"sources": (Source(citation="A note", where="equation 3"),)}, "BibTeX key"),
        ({"module": "derivations.decay"}, "stands in derivations"),
        ({"title": " "}, "title"),
        ({"covers": ()}, "catalogue"),
        ({"formula": sp.Eq(sp.Symbol("y"), tau * sp.exp(-t))}, "no Parameter for tau"),
        ({"formula": sp.Eq(sp.Symbol("y"), phi(t))}, "no Parameter for phi"),
        ({"formula": sp.true}, "relation"),
        ({"formula": sp.Eq(sp.Tuple(t, s), sp.Tuple(t, s, s), evaluate=False)}, "left-hand sides"),
        ({"formula": sp.Eq(s, s)}, "not a relation between two different sides"),
        ({"formula": sp.Eq(s, s, evaluate=False)}, "not a relation between two different sides"),
        ({"stable": tau}, "no Parameter for tau"),
        ({"where": (sp.Eq(sp.Symbol("k"), tau),)}, "definition of k"),
    ],
)
def test_a_bad_statement_says_what_is_wrong(changes, reason):
    with pytest.raises(StatementError, match=reason):
        build(**changes)


def test_statements_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        build().title = "other"


def test_the_digest_follows_formula_and_domain():
    assert build().digest == build().digest
    assert build().digest != build(formula=sp.Eq(sp.Symbol("y"), s * sp.exp(-2 * t))).digest
    assert build().digest != build(parameters=(TIME, dataclasses.replace(SIZE, domain=sp.Interval(0, 9)))).digest


@pytest.mark.parametrize("typical", [(3, 3), (4, 1), (-1, 2)])
def test_a_typical_range_lies_in_the_domain(typical):
    with pytest.raises(StatementError):
        Parameter(symbol=s, meaning="size", domain=sp.Interval.open(0, sp.oo), typical=typical)


def test_a_domain_is_a_set():
    with pytest.raises(StatementError, match=r"parameter s: \(0, 1\) is no set, as sympy.Interval"):
        Parameter(symbol=s, meaning="size", domain=(0, 1), typical=(0.1, 0.9))  # type: ignore[arg-type]


def test_sources_are_known_and_located():
    with pytest.raises(StatementError, match="neither"):
        Source(document="nobody1999", where="p. 1")
    with pytest.raises(StatementError, match="locator"):
        Source(document="000", where=" ")
    assert Source(document="poole2016exponential", where="eq. 7")


def test_printed_forms_have_a_kind():
    with pytest.raises(StatementError, match="kind"):
        Printed(erratum="E1", kind="wrong", formula=sp.Eq(t, s), note="x", source=SOURCE)


def test_forms_in_use_come_from_public_code():
    topic = Source(document="public_code", where="learning rates")
    for kind, source in (("in use", SOURCE), ("misprint", topic)):
        with pytest.raises(StatementError, match="public_code"):
            Printed(erratum="U1", kind=kind, formula=sp.Eq(t, s), note="x", source=source)
    assert Printed(erratum="U1", kind="in use", formula=sp.Eq(t, s), note="x", source=topic)


def test_a_statement_says_its_assumptions():
    with pytest.raises(TypeError, match="assumptions"):
        Statement(
            module="derivations.sample.decay",
            title="Decay",
            formula=sp.Eq(sp.Symbol("y"), s * sp.exp(-t)),
            parameters=(TIME, SIZE),
            regime=Exact(),
            sources=(SOURCE,),
            covers=("A9",),
        )


@pytest.mark.parametrize("missing", ["title", "sentence", "quantity", "negative_control", "sources", "covers"])
def test_a_bad_observation_says_what_is_missing(missing):
    fields = dict(
        module="derivations.sample.ordering",
        title="Ordering",
        sentence="Large modes are learned first.",
        quantity="time",
        negative_control="equal modes",
        sources=(SOURCE,),
        covers=("A11",),
    )
    assert Observation(**fields).id == "sample.ordering"
    empty = "" if isinstance(fields[missing], str) else ()
    with pytest.raises(StatementError, match={"covers": "catalogue", "sources": "source"}.get(missing, missing)):
        Observation(**{**fields, missing: empty})


def test_a_parameter_is_narrowed_inside_its_domain():
    small = SIZE.narrowed("the smallest", domain=sp.Interval.open(0, 4), typical=(0.1, 1))
    assert small.meaning == "size, the smallest" and small.typical == (0.1, 1) and small.symbol == s
    assert SIZE.narrowed(typical=(1, 2)).domain == SIZE.domain
    with pytest.raises(StatementError, match="no part of"):
        SIZE.narrowed(domain=sp.Interval(-1, 4))
    with pytest.raises(StatementError, match="lies outside"):
        SIZE.narrowed(domain=sp.Interval(0.5, 4), typical=(0.1, 1))


def statements() -> dict[str, Statement | Observation]:
    """Every result of derivations/, by id."""
    found = {}
    for path in sorted(DERIVATIONS.glob("*/*.py")):
        module = importlib.import_module(f"derivations.{path.parent.name}.{path.stem}")
        if hasattr(module, "STATEMENT"):
            found[module.STATEMENT.id] = module.STATEMENT
    return found


RESULTS = statements()
CHAPTERS = sorted({result.chapter for result in RESULTS.values()})
SHARED = {"signal_propagation": "mean_field", "manifold_geometry": "mean_field"}
SHARED |= dict.fromkeys(("deep_linear", "semantic_development", "generalization"), "gradient_flow")
DECLARED_ANEW = {
    ("deep_linear", "a"),  # from zero on, after pretraining
    ("generalization", "s"),  # of the noise, not of the correlation that is learned
}
TWO_MEANINGS = {("expressivity", "n")}  # both are the letter of their papers: neurons of a layer, inputs of a function


def kind(parameter: Parameter) -> str:
    """Whether a letter is a function, or counts, or is a real number."""
    if parameter.is_function:
        return "function"
    return "integer" if parameter.domain.is_subset(sp.S.Integers) else "real"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_one_letter_one_meaning(chapter):
    """Inside a chapter a letter means one thing; what follows the first comma restricts it in one statement."""
    known: dict[str, tuple] = {}
    for result in RESULTS.values():
        if result.chapter != chapter or isinstance(result, Observation):
            continue
        for parameter in result.parameters:
            if (chapter, parameter.name) in TWO_MEANINGS:
                continue
            said = (parameter.symbol, parameter.meaning.split(",")[0], kind(parameter), parameter.unit)
            assert known.setdefault(parameter.name, said) == said, result.id


def premises(path: Path) -> tuple[set[str], set[str]]:
    """(letters that a file declares, sentences that it assumes), both as they are typed there."""
    letters, sentences = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Parameter":
            letters |= {k.value.id for k in node.keywords if k.arg == "symbol" and isinstance(k.value, ast.Name)}
            letters &= vars(symbols).keys()
        elif isinstance(node, ast.keyword) and node.arg == "assumptions" and isinstance(node.value, ast.Tuple):
            sentences |= {e.value for e in node.value.elts if isinstance(e, ast.Constant)}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Tuple):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            texts = {v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)}
            sentences |= {text for text in texts if text.endswith(".")}
    return letters, sentences


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_premises_stand_once(chapter):
    """What a chapter declares or assumes twice is imported from one place."""
    shared = [DERIVATIONS / "calculus" / f"{SHARED[chapter]}.py"] if chapter in SHARED else []
    seen: dict[str, Path] = {}
    for path in [*shared, *sorted((DERIVATIONS / chapter).glob("*.py"))]:
        letters, sentences = premises(path)
        for premise in letters | sentences:
            if (chapter, premise) not in TWO_MEANINGS | DECLARED_ANEW:
                assert seen.setdefault(premise, path) == path, f"{premise!r} stands in {seen[premise]} and {path}"


def cited() -> list[Source]:
    """Every source that a file of derivations/ names, in statements, printed forms and steps."""
    calls = (
        node
        for path in sorted(DERIVATIONS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Source"
    )
    return [Source(**{k.arg: ast.literal_eval(k.value) for k in call.keywords}) for call in calls]


def plain(text: str) -> str:
    """Lower case, without punctuation."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


LOOKED_UP = {"odonnell2014analysis", "poole2016exponential"}  # whose numbers were read in the text itself
NUMBERED = re.compile(r"\b(section|chapter|theorem|lemma|equation|eq\.|figure|lecture)s? \d", re.IGNORECASE)


def test_slides_are_named_by_their_titles():
    """A locator in a slide deck is one title or several with semicolons, each as printed; after a colon, what on it."""
    lines = (DERIVATIONS / "slides.txt").read_text(encoding="utf-8").splitlines()
    titles = {tuple(line.split(" ", 1)) for line in lines if not line.startswith("#")}
    used = set()
    for source in cited():
        if source.document not in DOCUMENTS:
            continue
        for part in source.where.split("; "):
            cuts = {plain(part), *(plain(part[: colon.start()]) for colon in re.finditer(": ", part))}
            found = {(deck, title) for deck, title in titles if deck == source.document and plain(title) in cuts}
            assert found, f"{source.document} has no slide {part!r}"
            used |= found
    assert used == titles


def test_numbers_of_sections_were_looked_up():
    """A number of a section or theorem that was not read in the text is left out; the topic locates as well."""
    assert not [s for s in cited() if NUMBERED.search(s.where) and s.document not in {*LOOKED_UP, *DOCUMENTS}]
    assert {s.document for s in cited() if NUMBERED.search(s.where)} - set(DOCUMENTS) == LOOKED_UP


def test_every_entry_of_the_bibliography_is_closed_and_has_a_key_of_its_own():
    text = (DERIVATIONS / "references.bib").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"(?m)^(?=@)", text) if entry.startswith("@")]
    keys = re.findall(r"(?m)^@\w+\{([^,\s]+),", text)
    assert len(keys) == len(set(keys)) == len(bibliography())
    assert [key for key, entry in zip(keys, entries, strict=True) if entry.count("{") != entry.count("}")] == []


def test_every_entry_says_whether_it_was_looked_up():
    """And the page and LaTeX say so of those that were not; numbers of sections need more than that."""
    unmarked = [key for key, entry in bibliography().items() if not field(entry, "checked")]
    assert unmarked == []
    assert all("numbers of sections" in looked_up(key) for key in LOOKED_UP)
    seen, unseen = (Source(document=key, where="topic") for key in ("saxe2014exact", "rudin1976principles"))
    assert (cite(seen).mark, cite(unseen).mark) == ("", "not looked up")
    assert cite(Source(document="000", where="a slide")).mark == ""
    assert written(unseen).endswith("topic (not looked up)") and written(seen).endswith("topic")
    assert "note = {Not looked up}" in entries([unseen]) and "note" not in entries([seen])
    assert "checked" not in entries([seen, unseen])


def test_letters_stand_for_parts_of_a_formula_and_for_nothing_else():
    u, v = sp.symbols("u v", positive=True)
    plain = build()
    lettered = build(letters=(sp.Eq(u, sp.exp(-t), evaluate=False),))
    assert lettered.shown == (sp.Eq(sp.Symbol("y"), s * u), (sp.Eq(u, sp.exp(-t), evaluate=False),))
    assert plain.shown == (plain.formula, plain.where) and lettered.digest == plain.digest
    wrong = {
        "stands for nothing": (sp.Eq(u, sp.exp(-2 * t), evaluate=False),),
        "is in the formula": (sp.Eq(s, sp.exp(-t), evaluate=False),),
    }
    for reason, letters in wrong.items():
        with pytest.raises(StatementError, match=reason):
            build(letters=letters)
    twice = (sp.Eq(u, sp.exp(-t), evaluate=False), sp.Eq(v, sp.exp(-t), evaluate=False))
    with pytest.raises(StatementError, match="stands for nothing"):
        build(letters=twice)


BARE = re.compile(r"(?<![A-Za-z\\_^'0-9-])([B-HJ-Zb-z])(?![A-Za-z0-9_*'^(])")
WHOLES = {  # letters that are no slip for one with an index: matrices, vectors and functions whose parts a formula has
    "deep_linear.singular_coordinates": "U",
    "semantic_development.typicality": "xuv",
    "signal_propagation.kernel_recursion": "K",
    "signal_propagation.kurtosis_law": "E",
    "signal_propagation.stretch_factor": "M",
    "signal_propagation.gaussian_measure": "z",
    "signal_propagation.phase_boundary": "d",
    "manifold_geometry.curve_geometry": "v",
    "diffusion.binary_reverse": "p",
    "sgd_noise.stationary_covariance": "h",
    "sgd_noise.stationary_current": "F",
    "wide_training.tangent_kernel": "N",
    "wide_training.kernel_drift": "f",
    "wide_training.posterior_and_ensemble": "K",
    "wide_training.maximal_update": "b",
}


def letters_of(relation) -> set[str]:
    return {part.name for part in sp.preorder_traversal(relation) if isinstance(part, sp.Symbol)} | {
        part.func.__name__ for part in relation.atoms(AppliedUndef)
    }


@pytest.mark.parametrize(
    "claim", [claim for claim in load_claims().values() if not claim.is_observation], ids=lambda claim: claim.id
)
def test_sentences_have_the_letters_of_their_formulas(claim):
    """No V where the formula has V_l: in what is said beside a formula, and in one chapter in its steps."""
    statement = claim.statement
    printed = [form.formula for form in statement.printed]
    letters = set().union(*map(letters_of, (statement.formula, *statement.where, *printed)))
    letters |= {parameter.name for parameter in statement.parameters}
    said = [(text, letters) for text in (*statement.assumptions, claim.convention, claim.independence)]
    said += [(form.note, letters) for form in statement.printed]
    if claim.chapter == "signal_propagation":
        shown = letters.union(*(letters_of(step.shows) for step in claim.steps() if step.shows is not None))
        said += [(text, shown) for step in claim.steps() for text in (step.claim, step.because)]
    for text, known in said:
        indexed = {name[0] for name in known if re.match(r".[_^]", name)}
        bare = {letter for letter in BARE.findall(text) if letter in indexed and letter not in known}
        assert not bare - {*WHOLES.get(claim.id, "")}, text
