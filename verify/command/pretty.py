"""Formulas as text for a terminal: SymPy's two-dimensional printer with the symbols of the field."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import greek_unicode, pretty_use_unicode
from sympy.printing.pretty.stringpict import prettyForm, stringPict

from derivations.statement import components

ACCENTS = {"bar": "\u0304", "overline": "\u0304", "hat": "\u0302", "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7"}
MARKS = {"star": "*", "prime": "'", "dagger": "\u2020"}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans(
    "ABDEGHIJKLMNOPRTUVWabcdefghijklmnoprstuvwxyz0123456789+-",
    "ᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻",
)
NAMED = {"infty": "∞", "inf": "∞", "plus": "+", "minus": "-", "perp": "⊥"}
SIGNS = {
    "sum": "Σ",
    "int": "∫",
    "infty": "∞",
    "partial": "∂",
    "nabla": "∇",
    "cdot": "⋅",
    "times": "×",
    "to": "→",
    "leq": "≤",
    "geq": "≥",
    "langle": "⟨",
    "rangle": "⟩",
    "prod": "∏",
    "oint": "∮",
    "neq": "≠",
    "cdots": "⋯",
    "perp": "⊥",
    "varphi": "φ",
}
FONTS = ("mathrm", "mathbf", "mathcal", "mathbb", "text", "operatorname", "boldsymbol")
MARK = 2  # columns of the sign that SymPy puts at the end of a line that goes on
GREEK = greek_unicode | {"lamda": "λ", "eps": "ε", "ell": "ℓ"}
_ACCENTED = re.compile(rf"(.+?)({'|'.join(ACCENTS)})$")


def formula(expression: sp.Basic, width: int, *, unicode: bool = True) -> str:
    """A relation or expression as text, wrapped at `width` columns; components of a tuple in rows of their own."""
    rows = []
    for part in _rows(expression):
        printer = _Printer({"use_unicode": unicode, "wrap_line": True, "num_columns": max(width - MARK, 30)})
        before = pretty_use_unicode(unicode)
        try:
            rows.append(printer.doprint(part))
        finally:
            pretty_use_unicode(before)
    return "\n\n".join("\n".join(line.rstrip() for line in row.splitlines()) for row in rows)


def name(text: str, *, unicode: bool = True) -> str:
    """The name of a symbol as it is written in a terminal.

    >>> name("sigma_w"), name("q_star"), name("chi_1"), name("g^E"), name("sigma_w", unicode=False)
    ('σ_w', 'q*', 'χ₁', 'gᴱ', 'sigma_w')
    >>> name(r"\\Sigma^{31}"), name(r"u^\\alpha v^{\\alpha T}")
    ('Σ³¹', 'u^α v^(α T)')
    >>> name(r"\\frac{d}{dt} E_{l+1}"), name(r"\\tfrac12 \\|W\\|^2"), name(r"\\frac{1}{2 N} a_0^{1 - s/t}")
    ('d/dt E_(l+1)', '1/2 ‖W‖²', '1/(2 N) a₀^(1 - s/t)')
    """
    if "\\" in text or " " in text:
        return _from_latex(text, unicode)
    head, _, power = re.sub("[{}]", "", text).strip("_").partition("^")
    base, *parts = head.split("_")
    marks = [part for part in parts if part in MARKS]
    below = [part for part in parts if part not in MARKS]
    if not unicode:
        above = "".join("^+" if part == "dagger" else MARKS[part] for part in marks)
        return "_".join([base, *below]) + above + (f"^{power}" if power else "")
    accented = _ACCENTED.match(base)
    accent = ACCENTS[accented[2]] if accented else ""
    letter = re.match(r"([A-Za-z]+)(\d*)$", accented[1] if accented else base)
    if letter:
        base = GREEK.get(letter[1], letter[1]) + accent + letter[2].translate(SUBSCRIPTS)
    low = "".join(
        part.translate(SUBSCRIPTS) if part.isdigit() else f"_{NAMED.get(part) or GREEK.get(part, part)}"
        for part in below
    )
    return base + low + "".join(MARKS[part] for part in marks) + _raised(power).replace("\0", "^")


def _from_latex(text: str, unicode: bool) -> str:
    """A name that is written in LaTeX, such as a product of matrices in a step of a derivation."""
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\\(?:[Bb]igg?|left|right)[lr]?(?![A-Za-z])", "", text)
    text = text.replace(r"\|", "‖" if unicode else "||")
    previous = None
    while text != previous:  # from the inside out
        previous = text
        text = re.sub(r"\\(?![dt]?frac)([A-Za-z]+)(?![A-Za-z{])", lambda m: _sign(m[1], unicode), text)
        text = re.sub(
            r"\^(?:\{([^{}]*)\}|(\w))",
            lambda m: _raised(m[1] or m[2]) if unicode else f"\0{_grouped(m[1] or m[2])}",
            text,
        )
        text = re.sub(r"_(?:\{([^{}]*)\}|(\w))", lambda m: _lowered(m[1] or m[2], unicode), text)
        text = re.sub(r"\\[dt]?frac(?:\{([^{}]*)\}\{([^{}]*)\}|(\w)(\w))", _fraction, text)
        text = re.sub(r"\\(?![dt]?frac)([A-Za-z]+)\{([^{}]*)\}", lambda m: _commanded(m[1], m[2], unicode), text)
    return re.sub(r"\s+", " ", re.sub("[{}]", "", text.replace("\0", "^").replace("\1", "_"))).strip()


def _fraction(found: re.Match[str]) -> str:
    above, below = (_grouped(part) for part in ((found[1], found[2]) if found[3] is None else (found[3], found[4])))
    return f"{above}/{below}"


def _grouped(text: str) -> str:
    """In parentheses, unless it is one letter, number or function of something."""
    return f"({text})" if re.search(r"[\s+\-/]", text.strip()) else text


def _sign(command: str, unicode: bool) -> str:
    if command == "quad":
        return " "
    return SIGNS.get(command) or GREEK.get(command, command) if unicode else command


def _commanded(command: str, inside: str, unicode: bool) -> str:
    if command in FONTS:
        return inside
    if command not in ACCENTS:
        return f"{command}({inside})"
    if not unicode or not inside[:1].isalpha() or " " in inside:
        return f"d/dt({inside})" if command == "dot" else f"{command}({inside})"
    return inside[0] + ACCENTS[command] + inside[1:]


def _lowered(text: str, unicode: bool = True) -> str:
    return text.translate(SUBSCRIPTS) if unicode and text.isdigit() else f"\1{_grouped(text)}"


def _raised(text: str) -> str:
    return (
        text.translate(SUPERSCRIPTS) if all(ord(letter) in SUPERSCRIPTS for letter in text) else f"\0{_grouped(text)}"
    )


def _rows(expression: sp.Basic) -> Iterable[sp.Basic]:
    if isinstance(expression, sp.core.relational.Relational):
        left, right = components(expression.lhs), components(expression.rhs)
        if len(left) == len(right) > 1:
            return [expression.func(a, b, evaluate=False) for a, b in zip(left, right, strict=True)]
    return [expression]


class _Printer(PrettyPrinter):
    """SymPy's printer with Gaussian expectations, primes for derivatives of undefined functions, and our names."""

    def _print_Symbol(self, e, bold_name=False):
        return prettyForm(name(e.name, unicode=self._use_unicode), binding=prettyForm.ATOM)

    def _print_Dummy(self, e):
        return self._print_Symbol(e)

    def _print_GaussE(self, e):
        measure = f"∫D{e.variable.name} " if self._use_unicode else f"Int D{e.variable.name} "
        inside = self._print(e.integrand)
        if isinstance(e.integrand, sp.Add):
            inside = prettyForm(*inside.parens())
        return prettyForm(*stringPict.next(prettyForm(measure), inside), binding=prettyForm.MUL)

    def _print_Function(self, e, *args, **kwargs):
        if isinstance(e, AppliedUndef):
            return self._applied(e.func, e.args, 0)
        return super()._print_Function(e, *args, **kwargs)

    def _print_Derivative(self, deriv):
        inner = deriv.expr
        if isinstance(inner, AppliedUndef) and len(inner.args) == 1 and inner.args[0] in deriv.variables:
            return self._applied(inner.func, inner.args, len(deriv.variables))
        return super()._print_Derivative(deriv)

    def _print_Subs(self, e):
        inner = e.expr
        known = isinstance(inner, sp.Derivative) and isinstance(inner.expr, AppliedUndef) and len(e.variables) == 1
        if known and inner.expr.args == (e.variables[0],):
            return self._applied(inner.expr.func, e.point, len(inner.variables))
        return super()._print_Subs(e)

    def _applied(self, function, arguments, order: int) -> prettyForm:
        """f'(x) for the first derivatives, f^(4)(x) beyond."""
        mark = "'" * order if order < 4 else f"^({order})"
        head = prettyForm(name(function.__name__, unicode=self._use_unicode) + mark)
        inside = prettyForm(*self._print_seq(arguments, delimiter=",").parens())
        shown = prettyForm(*stringPict.next(head, inside), binding=prettyForm.FUNC)
        shown.prettyFunc, shown.prettyArgs = head, inside  # SymPy's own powers of functions read these
        return shown
