"""Formulas read as the field writes them, and every document compiles, fits its page and converts for the web."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

from derivations.calculus.gaussian import GaussE
from derivations.proof import Step
from derivations.statement import Exact, LeadingOrder, Limit, Observation, Parameter, Printed, Source, Statement
from derivations.symbols import N, a_0, chi_1, chi_2, phi, q_star, s, sigma_w, t, tau, x, z
from verify import latex
from verify.audit.mutants import mutants
from verify.catalogue import load_claims
from verify.characters import INVISIBLE
from verify.evidence import Evidence, Holds, Outcome, PrintedOutcome, Standing, StepOutcome
from verify.latex.document import Style, named
from verify.latex.formula import lines
from verify.latex.layout import width
from verify.latex.notation import GREEK, name, prose
from verify.report.formulas import Formulas
from verify.report.kept import Kept

CLAIMS = load_claims()
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_beamer = pytest.mark.skipif(
    shutil.which("kpsewhich") is None or not subprocess.run(["kpsewhich", "beamer.cls"], capture_output=True).stdout,
    reason="beamer is not installed",
)
needs_poppler = pytest.mark.skipif(shutil.which("pdffonts") is None, reason="pdffonts (poppler-utils) is not installed")

n, i = sp.symbols("n i", integer=True, positive=True)
u, v, b = sp.symbols("u v b", real=True)
sigma, density, a = sp.Function("sigma"), sp.Function("p"), sp.Function("a")
stretch = sp.Subs(phi(x).diff(x), x, sp.sqrt(q_star) * z)
relu = sp.Piecewise((0, x < 0), (x, True))
LONG = sum(sp.Symbol(f"alpha_{k}") * sp.exp(-k * t / tau) * sp.cos(k * x) for k in range(3, 24))

SOURCE = Source(document="001", where="Analytic learning trajectory")


def parameter(symbol, domain, typical=(0.3, 3), meaning="a number"):
    return Parameter(symbol=symbol, meaning=meaning, domain=domain, typical=typical)


def sample(**changes):
    """A claim as the exporter sees it."""
    fields = {
        "module": "derivations.sample.decay",
        "title": "Decay of 50% & more",
        "formula": sp.Eq(a(t), s * sp.exp(-t / tau)),
        "parameters": (
            parameter(t, sp.Interval(0, sp.oo), meaning="time t ≥ 0"),
            parameter(s, sp.Interval.open(0, 1), (0.1, 0.9), "strength s_alpha"),
            parameter(tau, sp.Interval.open(0, sp.oo)),
        ),
        "assumptions": ("The rate is λ² and N_l - 1 is large",),
        "regime": Exact(),
        "sources": (SOURCE,),
        "covers": ("A9",),
    }
    statement = Statement(**{**fields, **changes})
    steps = (
        Step(claim="a decays.", because="tau da/dt = -a", obligation=sp.S.Zero, shows=sp.Eq(tau * a(t).diff(t), -a(t))),
        Step(claim="Nothing else does.", because="Picard", assumption=Source(document="saxe2014exact", where="§2")),
    )
    return SimpleNamespace(
        id=statement.id,
        chapter=statement.chapter,
        title=statement.title,
        statement=statement,
        rate="not judged",
        steps=lambda: steps,
    )


def outcome(verdict=Standing.VERIFIED, **changes):
    kinds = ("certificate", "precision", "simulation")
    evidence = tuple(Evidence(check=kind, kind=kind, verdict=Holds.HOLDS, points=3) for kind in kinds)
    steps = (
        StepOutcome(claim="a decays.", because="", verdict="proved"),
        StepOutcome(claim="Nothing else does.", because="", verdict="assumed"),
    )
    fields = dict(id="sample.decay", digest="", verdict=verdict, reason="", evidence=evidence, steps=steps)
    return Outcome(**{**fields, **changes})


# ---------------------------------------------------------------------------------------------------------- notation


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("chi_1", r"\chi_1"),
        ("chi1", r"\chi_1"),
        ("q_star", "q^{*}"),
        ("sigma_w", r"\sigma_w"),
        ("a_0", "a_0"),
        ("N_l", "N_l"),
        ("gbar", r"\bar{g}"),
        ("kappa_bar", r"\bar{\kappa}"),
        ("lambda_", r"\lambda"),
        ("W_21", "W_{21}"),
        ("lamda", r"\lambda"),
        ("kbar2", r"\bar{\kappa}^2"),
        ("F_ab", "F_{ab}"),
        ("kbar2_l", r"\bar{\kappa}_l^2"),
        ("N_eff", r"N_{\mathrm{eff}}"),
        ("lambda_plus", r"\lambda_{+}"),
        ("lambda_max", r"\lambda_{\max}"),
        ("u_infty", r"u_{\infty}"),
        ("s_alpha", r"s_{\alpha}"),
        ("x_0_l", "x_{0,l}"),
        ("epsilon", r"\varepsilon"),
        ("SNR", r"\mathrm{SNR}"),
        ("g^E", "g^E"),
        ("W^{32T}", "(W^{32})^{T}"),
        (r"\dot{\overline{W}^{21}}", r"\dot{\overline{W}}^{21}"),
        ("K^{l+1}_{IJ}(relu)", r"K^{l+1}_{IJ}(\mathrm{relu})"),
        ("S_{pair}", r"S_{\mathrm{pair}}"),
        ("E[x_1 x_2]", r"\mathbb{E}[x_1 x_2]"),
        ("q^l_Delta", r"q_{\Delta}^l"),
        ("L^E_l", "L_l^E"),
        ("K_IJ", "K_{IJ}"),
        ("beta", r"\beta"),
        ("L^E'", "{L^E}'"),
        ("kappa'", r"\kappa'"),
    ],
)
def test_names_of_symbols(text, tex):
    assert name(text) == tex


def test_series_rise_and_name_what_they_leave_out():
    series = lines(sp.Eq(chi_1, 1 + 3 * a_0 - 5 * a_0**2), regime=LeadingOrder(parameter=a_0, order=3))
    assert series == (r"\chi_1 &= 1 + 3 a_0 - 5 a_0^2 + O(a_0^3)",)
    assert lines(sp.Eq(chi_1, sigma_w), regime=LeadingOrder(parameter=a_0, order=3)) == (r"\chi_1 &= \sigma_w",)


def test_depth_scales_are_inverted_and_no_fraction_stands_on_a_short_one():
    wide = sp.log(GaussE(stretch**2, z) + GaussE(phi(sp.sqrt(q_star) * z) * stretch, z) + sigma_w * a_0 + tau * t)
    assert lines(sp.Eq(s, -1 / wide))[0].startswith(r"\frac{1}{s} &= - \ln")
    assert latex.formula((1 / s - a_0) / sp.pi) == r"\frac{1}{\pi} \left(\frac{1}{s} - a_0\right)"


def _letters(claim):
    """Names of all symbols and functions of a claim: formula, definitions, printed forms, displayed steps."""
    shown = [step.shows for step in claim.steps() if step.shows is not None]
    if isinstance(claim.statement, Statement):
        shown += [claim.statement.formula, *claim.statement.where, *(f.formula for f in claim.statement.printed)]
    for one in shown:
        expr = sp.sympify(one)
        yield from (a.name for a in expr.atoms(sp.Symbol))
        yield from (f.func.__name__ for f in expr.atoms(AppliedUndef))


def _sentences(claim):
    result = claim.statement
    yield from (result.title, *result.assumptions, *(s.where for s in result.sources))
    if isinstance(result, Statement):
        yield from (p.meaning for p in result.parameters)
        yield from (f.note for f in result.printed)
    for step in claim.steps():
        yield from (step.claim, step.because)


def test_no_name_of_a_symbol_is_left_as_a_word():
    """`q^{l_Delta}` or `K(relu)` in italics: three letters side by side outside of a command are a word."""
    for claim in CLAIMS.values():
        for name_ in set(_letters(claim)):
            tex = name(name_)
            bare = re.sub(r"\\(?:mathrm|operatorname|mathbf|text)\{[^}]*\}|\\[A-Za-z]+", " ", tex)
            words = set(re.findall(r"[A-Za-z]{3,}", bare)) - {"abab"}  # a word of two free variables
            assert not words and "_" not in re.sub(r"_\{|_[\w\\]", "", tex), (claim.id, name_, tex)


def test_mathematics_in_sentences_is_set_as_mathematics():
    word = rf"\b(?:{'|'.join(GREEK)})\d*\b|\b[A-Z]\d\d\b|textasciicircum|\w\\_\w|\bsqrt\b|\d x \d"
    for claim in CLAIMS.values():
        for text in _sentences(claim):
            outside = re.sub(r"\$[^$]*\$", " ", prose(text))
            assert not re.search(word, outside), (claim.id, prose(text))


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("50% of A_B & C #1", r"50\% of $A_B$ \& $C$ \#1"),
        ("the power a^(2/d - 2)", "the power $a^{2/d - 2}$"),
        ("sigma_w^2 ≤ χ", r"$\sigma_w^2$ $\leq$ $\chi$"),
        ("σ₁² × 10⁻³", r"$\sigma_1^2$ $\times$ 10$^{-3}$"),
        ("q* and q̂ − 1", r"$q^{*}$ and $\hat{q}$ $-$ 1"),
        ('the "slide" – Łukasz’s', "the ``slide'' -- Łukasz's"),
        ("phi''(b) and F^(6)", r"$\phi''$($b$) and $F^{(6)}$"),
        ("sqrt(q*) a^(1/d)", r"$\sqrt{q^{*}}$ $a^{1/d}$"),
        ("N_l - 1, (u-v)", r"$N_l$ $-$ 1, ($u - v$)"),
        ("a beta-VAE, x-axis, e.g. A9, that layer's", r"a $\beta$-VAE, x-axis, e.g. A9, that layer's"),
        ("W21 of the 2 x 3 map, U^{11}", r"$W^{21}$ of the 2 $\times$ 3 map, $U^{11}$"),
        ("W^(l+1)T W^(l+1), Sigma31 Sigma11^-1", r"$(W^{l+1})^{T}$ $W^{l+1}$, $\Sigma^{31}$ ${\Sigma^{11}}^{-1}$"),
        ("tanh'^2 and cos^2 a, (s / a_0)^gamma", r"$\tanh'^2$ and $\cos^2$ a, ($s$ / $a_0$)$^{\gamma}$"),
        ("dp/dc = d2p/du dv, sqrt(V / (2 pi))", r"$dp/dc$ = $d^2p/du\,dv$, $\sqrt{V / (2 \pi)}$"),
        ("shat^2, q*^2, He_k, what", r"$\hat{s}^2$, ${q^{*}}^2$, $\mathrm{He}_k$, what"),
        ("deep_linear.mode_logistic", r"deep\_linear.mode\_logistic"),
        ("日", "[U+65E5]"),
    ],
)
def test_prose(text, tex):
    assert prose(text) == tex


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("costs $x", r"costs \$$x$"),
        ("$5 and $σ²", r"\$5 and \$$\sigma^2$"),
        ("x$ y", r"$x$\$ $y$"),
        ("x$$y", r"$x$\$\$$y$"),
        ("a $-1 b", r"a \$$-$1 $b$"),
    ],
)
def test_a_dollar_before_mathematics_stays_one(text, tex):
    assert prose(text) == tex
    assert len(re.findall(r"(?<!\\)\$", tex)) % 2 == 0, "mathematics is closed"


CONTROL = "a\x00b\x01c\x1b[31md\x7fe\x9b2Jf\u202eg\ud800h"


def test_control_characters_never_reach_latex():
    assert prose("an\x00escape \x1b[31m and\u202e more") == "an[U+FFFD]escape [U+FFFD][31m and[U+FFFD] more"
    strange = sp.Symbol("x\x1b_\x00")
    claim = sample(
        title=CONTROL,
        assumptions=(CONTROL,),
        sources=(Source(document="001", where=CONTROL),),
        formula=sp.Eq(a(t), s * strange),
        parameters=(parameter(s, sp.Reals), parameter(strange, sp.Reals, meaning=CONTROL)),
        where=(),
        printed=(Printed(erratum="E5\x1b", kind="misprint", formula=sp.Eq(a(t), s), note=CONTROL, source=SOURCE),),
    )
    body = latex.export([claim], {claim.id: outcome()}, latex.Style(derivations=True))
    assert INVISIBLE.search(body) is None and "[U+FFFD]" in body


# ----------------------------------------------------------------------------------------------------------- printer


@pytest.mark.parametrize(
    ("expression", "tex"),
    [
        (sigma_w**2, r"\sigma_w^2"),
        (q_star**2, "(q^{*})^2"),
        (GaussE(phi(sp.sqrt(q_star) * z) ** 2, z), r"\int \mathcal{D}z\, \phi(\sqrt{q^{*}} z)^2"),
        (sp.Eq(chi_1, 3 * GaussE(stretch**2, z)), r"\chi_1 = 3\, \int \mathcal{D}z\, [\phi'(\sqrt{q^{*}} z)]^2"),
        (1 + GaussE(x + z, z), r"1 + \int \mathcal{D}z\, (x + z)"),
        (GaussE(z**4, z) * GaussE(z, z), r"\left(\int \mathcal{D}z\, z\right)\, \int \mathcal{D}z\, z^4"),
        (GaussE(z, z) ** 2, r"\left(\int \mathcal{D}z\, z\right)^2"),
        (phi(x).diff(x) ** 2, r"[\phi'(x)]^2"),
        (phi(x).diff(x, 2) * phi(x).diff(x, 5), r"\phi''(x) \phi^{(5)}(x)"),
        (a(t).diff(t), r"\frac{d a(t)}{dt}"),
        (density(x, t).diff(x, 2), r"\frac{\partial^2 p(x, t)}{\partial x^2}"),
        (sp.Derivative(x * phi(x), x), r"\frac{d}{dx} [x \phi(x)]"),
        (sp.log(x) ** 2, r"[\ln(x)]^2"),
        (sp.log(x**2), r"\ln(x^2)"),
        (sp.tanh(x) ** 2, r"\tanh^2(x)"),
        (sp.sech(x) ** 4, r"\operatorname{sech}^4(x)"),
        (sp.erf(x / sp.sqrt(2)), r"\operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)"),
        (sp.atanh(x) + sp.acos(x), r"\arccos(x) + \operatorname{artanh}(x)"),
        (sp.exp(2 * s * t / tau), r"e^{2 s t / \tau}"),
        (sp.exp(-sp.Integral(sigma(u), (u, 0, x))), r"\exp\left(- \int_0^x \sigma(u)\, du\right)"),
        (x ** sp.Rational(3, 2), "x^{3/2}"),
        (1 / sp.sqrt(x), r"\frac{1}{\sqrt{x}}"),
        (sp.sqrt(2) / (2 * sp.sqrt(sp.pi)), r"\frac{1}{\sqrt{2 \pi}}"),
        ((n + 1) ** (n + 1) / n**n, r"\frac{(n + 1)^{n + 1}}{n^n}"),
        (tau * sp.log(x / (s + 1)) / (2 * s), r"\frac{\tau}{2 s} \ln\left(\frac{x}{s + 1}\right)"),
        (x * (s - a(t)), "x [s - a(t)]"),
        (relu, r"\begin{cases} 0 & \text{for } x < 0 \\ x & \text{otherwise} \end{cases}"),
        (sp.Piecewise((-x, x < 0), (x, True)) * s, None),
        (sp.Sum(sp.Indexed("x", i) ** 2, (i, 1, n)), r"\sum_{i = 1}^{n} x_i^2"),
        (sp.Mul(2, x, 3, evaluate=False), r"2 x \cdot 3"),
        (sp.Mul(x, -3, evaluate=False), "x (- 3)"),
        (-(x + 1) / 2, None),
        (s - x - 1, "s - x - 1"),
        (sp.Abs(sp.Symbol("c")) ** 3, "|c|^3"),
        (sp.Eq(sp.Tuple(u, v), sp.Tuple(x, s)), "\\begin{split}\nu &= x \\\\\nv &= s\n\\end{split}"),
        ((sp.Eq(u, x), sp.Ge(v, s)), "\\begin{split}\nu &= x \\\\\nv &\\geq s\n\\end{split}"),
    ],
)
def test_printer(expression, tex):
    found = latex.formula(expression)
    if tex is not None:
        assert found == tex
    assert found.count("{") == found.count("}")


def test_powers_of_constants_need_no_brackets():
    assert latex.formula(sp.pi**2 / 4) == r"\frac{\pi^2}{4}"


def test_a_value_inserted_in_a_derivative():
    derivative = density(x, t).diff(x)
    assert latex.formula(sp.Subs(derivative, x, 2 * s)) == r"\partial_1 p(2 s, t)"
    assert latex.formula(sp.Subs(a(t).diff(t), t, 0)) == "a'(0)"


def test_wide_formulas_are_broken_into_rows():
    for expression in (LONG, x * LONG * phi(x), sp.sqrt(LONG) / (1 + LONG), sp.exp(-LONG), GaussE(LONG * z, z)):
        rows = lines(sp.Eq(u, expression))
        assert len(rows) > 3
        assert all(width(cell) <= 32.5 for row in rows for cell in row.split("&"))
        assert "\n".join(rows).count(r"\left") == "\n".join(rows).count(r"\right")
    assert len(lines(sp.Eq(LONG, u))) > 3
    assert latex.formula(LONG, line=1000).count("split") == 0


def test_inline_formulas_have_slashes():
    assert latex.inline(1 / sp.sqrt(N)) == r"1 / \sqrt{N}"
    assert latex.inline(sp.Rational(3, 4)) == "3/4"


# --------------------------------------------------------------------------------------- statements, mutants, labels


def test_statement_with_definitions():
    where = (sp.Eq(chi_1, sigma_w**2), sp.Eq(chi_2, 3 * chi_1))
    parameters = (parameter(sigma_w, sp.Interval.open(0, sp.oo)),)
    claim = sample(formula=sp.Eq(sp.Symbol("g"), chi_1 + chi_2), where=where, parameters=parameters)
    tex = latex.statement(claim.statement)
    assert tex.splitlines()[1:-1] == [
        r"g &= \chi_1 + \chi_2 \\",
        r"\text{where } \chi_1 &= \sigma_w^2 \\",
        r"\chi_2 &= 3 \chi_1",
    ]


def test_difference_shows_what_a_mutant_says():
    formula = sp.Eq(sp.Tuple(u, v), sp.Tuple(s, a_0 * t))
    parameters = tuple(parameter(p, sp.Interval.open(0, sp.oo)) for p in (s, a_0, t))
    statement = sample(formula=formula, parameters=parameters).statement
    assert latex.difference(statement, (s, a_0 + t), ()) == "v = a_0 + t"
    assert latex.difference(statement, (s, a_0 * t), ()) == ""


def test_labels_and_observations():
    assert latex.label("deep_linear.mode_logistic") == "eq:deep_linear.mode_logistic"
    observation = Observation(
        module="derivations.sample.trend",
        title="Trend",
        sentence="Deeper is slower",
        quantity="steps",
        negative_control="linear nets",
        sources=(SOURCE,),
        covers=("D16",),
    )
    assert latex.statement(observation) == ""
    claim = SimpleNamespace(id="sample.trend", chapter="sample", title="Trend", statement=observation, steps=lambda: ())
    body = latex.export([claim], {}, latex.Style(derivations=True))
    assert "Deeper is slower" in body and "Negative control: linear nets." in body and "equation" not in body


# ------------------------------------------------------------------------------------------------------------ export


def test_export_says_what_became_of_each_claim():
    claim = sample()
    body = latex.export([claim], {})
    assert r"\label{eq:sample.decay}" in body and "[not run]" in body and "Derivation" not in body
    assert "``Analytic learning trajectory''" in body and r"Decay of 50\% \& more" in body
    assert r"$t \geq 0$: time $t$ $\geq$ 0" in body and "$0 < s < 1$" in body
    verified = latex.export([claim], {claim.id: outcome()}, latex.Style(derivations=True))
    assert "[verified: derivation, precision, simulation]" in verified
    assert "[proved]" in verified and "[assumed]" in verified and r"Saxe, McClelland and Ganguli (2014)" in verified
    refuted = latex.export([claim], {claim.id: outcome(Standing.REFUTED)})
    assert "[not verified: refuted]" in refuted


def test_export_ignores_steps_of_another_derivation():
    old = outcome(steps=(StepOutcome(claim="an older step", because="", verdict="proved"),))
    body = latex.export([sample()], {"sample.decay": old}, latex.Style(derivations=True))
    assert "[proved]" not in body and "[not~run]" in body and "[assumed]" in body


def test_export_of_regimes_and_printed_forms():
    printed = Printed(erratum="E5", kind="misprint", formula=sp.Eq(a(t), s), note="No decay", source=SOURCE)
    claim = sample(regime=Limit(parameter=N, towards=sp.oo, rate=1 / N), printed=(printed,))
    found = outcome(printed=(PrintedOutcome(erratum="E5", verdict="refuted"),))
    body = latex.export([claim], {claim.id: found})
    assert r"$N \to \infty$, with an error of order $1 / N$ (not judged)" in body
    assert "E5, misprint: No decay. \\textsf{[refuted]}" in body
    assert "order $t^2$" in latex.export([sample(regime=LeadingOrder(parameter=t, order=2))], {})


def test_formulas_alone_and_without_what_became_of_them():
    claim = sample()
    body = latex.bare([claim])
    assert r"\label{eq:sample.decay}" in body and "Decay" not in body and "Source" not in body and "[" not in body
    plain = latex.export([claim], {claim.id: outcome()}, latex.Style(derivations=True, status=False))
    assert "[verified" not in plain and "[proved]" not in plain and "[assumed]" not in plain and "Because:" in plain


def test_sources_are_cited_with_their_entries():
    found = latex.sources(CLAIMS.values(), derivations=True)
    body = latex.export(CLAIMS.values(), {}, latex.Style(derivations=True, cite=True))
    entries = latex.entries(found)
    cited = set(re.findall(r"\\cite\[\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\]\{([^}]*)\}", body))
    assert cited == set(re.findall(r"(?m)^@\w+\{([^,]+),", entries)) and "slides000" in cited and len(cited) > 30
    for entry in re.split(r"(?m)^(?=@)", entries)[1:]:
        assert entry.count("{") == entry.count("}"), entry


@pytest.mark.tex
@needs_tex
@needs_beamer
def test_slides_of_all_claims_compile_and_fit(tmp_path):
    claims = [*CLAIMS.values(), sample(), long_sample()]
    style = latex.Style(cite=True, line=latex.SLIDE)
    frames = latex.frames(claims, {"sample.decay": outcome()}, style)
    entries = latex.entries(latex.sources(claims))
    result = latex.compile_pdf(latex.presentation(frames, cite=True), tmp_path / "slides.pdf", entries)
    assert result.overfull == ()
    with_steps = latex.frames([sample()], {}, latex.Style(derivations=True, line=latex.SLIDE))
    assert "derivation}" in with_steps and "Because:" in with_steps
    assert latex.compile_pdf(latex.presentation(with_steps), tmp_path / "steps.pdf").overfull == ()


@pytest.mark.tex
@needs_tex
def test_a_faulty_bibliography_is_told_in_one_line(tmp_path):
    with pytest.raises(latex.LatexError, match=r"---line \d+ .*\(bibtex\)"):
        body = r"\cite{a}"
        latex.compile_pdf(
            latex.document(body, cite=True), tmp_path / "x.pdf", "@misc{a,\n  title = {A},\n@misc{b,\n}\n"
        )


def test_import_is_light():
    script = "import sys, verify.latex; print(*{'torch', 'numpy', 'ziamath', 'matplotlib'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# --------------------------------------------------------------------------------------------- everything that exists


@pytest.fixture(scope="module")
def derivation_steps():
    return {claim.id: claim.steps() for claim in CLAIMS.values()}


@pytest.fixture(scope="module")
def everything(derivation_steps):
    """Every formula of every claim: (id, LaTeX)."""
    found = []
    for claim in CLAIMS.values():
        if isinstance(claim.statement, Statement):
            found.append((claim.id, latex.statement(claim.statement)))
        found += [(f"{claim.id} {form.erratum}", latex.formula(form.formula)) for form in claim.statement.printed]
        for k, step in enumerate(derivation_steps[claim.id], start=1):
            if step.shows is not None:
                found.append((f"{claim.id} step {k}", latex.formula(step.shows)))
    return found


def test_different_formulas_read_differently():
    """Mutants of every formula: what prints alike must be equal, so the printed text means the checked formula."""
    for claim in CLAIMS.values():
        if not isinstance(claim.statement, Statement):
            continue
        # one line of a system is shown, so a line that takes another's left-hand side may read like that one's mutant
        found = [mutant for mutant in mutants(claim.statement) if mutant.left == claim.statement.left]
        seen = {}
        chosen = [mutant for mutant in found[:: max(len(found) // 40, 1)] if not mutant.is_written_as(claim.statement)]
        for mutant in (mutant.canonical() for mutant in chosen):
            if any(e.has(sp.zoo, sp.nan) for e in (*mutant.right, *(d.rhs for d in mutant.where))):
                continue
            tex = latex.difference(claim.statement, mutant.right, mutant.where, relation=mutant.relation)
            other = seen.setdefault(tex, mutant)
            same = mutant is other or (
                (mutant.relation is other.relation)
                and all(
                    sp.simplify(one - two) == 0
                    for one, two in zip(
                        (*mutant.right, *(d.rhs for d in mutant.where)),
                        (*other.right, *(d.rhs for d in other.where)),
                        strict=True,
                    )
                )
            )
            assert tex and same, (claim.id, tex)


def test_steps_show_formulas(derivation_steps):
    """`shows` is mathematics, not a relation that SymPy has already decided."""
    assert [
        f"{identifier} step {k}"
        for identifier, steps in derivation_steps.items()
        for k, step in enumerate(steps, start=1)
        if step.shows in (sp.true, sp.false)
    ] == []


@pytest.fixture(scope="module")
def body(derivation_steps):
    """The whole suite with derivations."""
    claims = [*CLAIMS.values(), sample(), long_sample()]
    return latex.export(claims, {"sample.decay": outcome()}, latex.Style(derivations=True))


def test_all_text_has_letters(body):
    assert re.findall(r".*\[U\+.*", body) == []


def test_every_formula_is_set_for_the_web(everything, pytestconfig):
    """They are kept for the tests of the pages, and from one run of the tests to the next."""
    kept = Kept(pytestconfig.cache.mkdir("report"))
    formulas = Formulas(kept)
    for _, tex in everything:
        assert "<svg" in formulas.display(tex)
    kept.save()
    assert formulas.unset == []


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, body):
    """The whole suite as a PDF."""
    return latex.compile_pdf(latex.document(body), tmp_path_factory.mktemp("tex") / "all.pdf")


def article(body):
    """The class as it comes: 10 pt, its own margins."""
    packages = r"\usepackage[T1]{fontenc}\usepackage{lmodern,amsmath,amssymb}"
    return rf"\documentclass{{article}}{packages}\begin{{document}}{body}\end{{document}}"


def long_sample():
    parameters = tuple(parameter(p, sp.S.Reals, (-3, 3)) for p in sorted(LONG.free_symbols, key=str))
    return sample(
        module="derivations.sample.long",
        formula=sp.Eq(sp.Tuple(u, v), sp.Tuple(LONG, sp.sqrt(LONG) / (1 + LONG))),
        parameters=parameters,
        where=(),
        title="Very long",
    )


@pytest.mark.tex
@needs_tex
def test_everything_compiles_and_fits(compiled):
    assert compiled.path.read_bytes().startswith(b"%PDF")
    assert compiled.overfull == ()


@pytest.mark.tex
@needs_tex
@needs_poppler
def test_no_bitmap_fonts(compiled):
    fonts = subprocess.run(["pdffonts", compiled.path], capture_output=True, text=True, check=True).stdout
    assert "Type 1" in fonts and "Type 3" not in fonts


@pytest.mark.tex
@needs_tex
def test_the_body_fits_a_standard_article(body, tmp_path):
    result = latex.compile_pdf(article(body), tmp_path / "paper.pdf")
    assert result.overfull == ()


@pytest.mark.tex
@needs_tex
def test_widths_are_estimated_well(tmp_path):
    """Against TeX's own measure, for rows long enough to matter."""
    shown = [LONG, sp.expand((u + v + x + s) ** 4), sp.sqrt(LONG) / (1 + LONG)]
    shown += [c.statement.formula for c in CLAIMS.values() if isinstance(c.statement, Statement)]
    rows = [row for e in shown for row in lines(e)]  # the first & aligns; others stand inside a list of cases
    found = [cell.strip() for row in rows for cell in row.split("&", 1 if "cases" in row else -1)]
    cells = [cell for cell in dict.fromkeys(found) if cell]
    boxes = "\n".join(rf"\sbox0{{$\displaystyle {c}$}}\typeout{{WIDTH {k}=\the\wd0;}}" for k, c in enumerate(cells))
    source = tmp_path / "widths.tex"
    source.write_text(article(boxes), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    log = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout.decode(errors="replace")
    true = {int(k): float(w) / 10 for k, w in re.findall(r"WIDTH (\d+)=([\d.]+)pt;", log)}  # 10 pt make one em
    ratios = {cells[k]: width(cells[k]) / w for k, w in true.items() if w > 10}
    assert len(true) == len(cells) and ratios
    assert {cell: r for cell, r in ratios.items() if not 0.93 < r < 1.3} == {}


@pytest.mark.tex
@needs_tex
def test_errors_name_the_first_error(tmp_path):
    with pytest.raises(latex.LatexError, match="Undefined control sequence"):
        latex.compile_pdf(latex.document(r"\nonsense"), tmp_path / "x.pdf")
    wide = latex.compile_pdf(latex.document(r"\[" + "x+" * 200 + r"\]"), tmp_path / "x.pdf")
    assert len(wide.overfull) == 1


TYPED = {"λ": r"\lambda", "σ_w": r"\sigma_w", "Δt": r"\Delta t", "λ₁²": r"\lambda_1^2", "ħ": r"\hbar", "x̂": r"\hat{x}"}
TYPED |= {"2π": r"2\pi", "α_β": r"\alpha_{\beta}", "é": r"\text{é}", "中": r"\text{[U+4E2D]}", "σ̄_w": r"\bar{\sigma}_w"}


@pytest.mark.parametrize("typed", TYPED)
def test_letters_that_are_typed_as_such_are_commands(typed):
    assert name(typed) == TYPED[typed]


@needs_tex
def test_a_document_of_typed_letters_compiles(tmp_path):
    body = "\n".join(rf"\[ {name(typed)} \]" for typed in TYPED)
    latex.compile_pdf(latex.document(body), tmp_path / "typed.pdf")
    assert (tmp_path / "typed.pdf").stat().st_size > 10_000


def test_nothing_is_said_of_sources_where_there_are_none():
    assert named((), Style()) == "" and named((SOURCE,), Style()).startswith("Source: Ganguli")


def test_without_pdflatex(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(latex.LatexMissing, match="texlive"):
        latex.compile_pdf("", tmp_path / "x.pdf")


def test_the_branch_of_lambert_w_is_an_index():
    assert latex.formula(sp.LambertW(x, -1)) == "W_{- 1}(x)"
    assert latex.formula(sp.LambertW(x) ** 2) == "[W(x)]^2"
