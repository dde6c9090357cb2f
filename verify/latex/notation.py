r"""The field's notation: names of symbols as LaTeX, and prose that survives pdflatex.

A symbol's name is read by rule: a letter or Greek name, accents (`bar`, `hat`, ...), then subscripts after underscores;
`star` and `prime` are superscripts. `OVERRIDES` holds the few names that the rule does not cover.
"""

from __future__ import annotations

import re
import unicodedata

from verify.characters import INVISIBLE, visible

GREEK = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
)
LETTERS = {name: rf"\{name}" for name in (*GREEK, "ell", "hbar", "partial", "nabla")} | {
    "epsilon": r"\varepsilon",
    "eps": r"\varepsilon",
    "Alpha": "A",
    "Beta": "B",
    "lamda": r"\lambda",
    "varphi": r"\varphi",
    "vartheta": r"\vartheta",
    "varrho": r"\varrho",
}
ACCENTS = {"bar": r"\bar", "hat": r"\hat", "tilde": r"\tilde", "ddot": r"\ddot", "dot": r"\dot", "vec": r"\vec"}
SUPERSCRIPTS = {"star": "*", "prime": r"\prime", "dagger": r"\dagger"}
SUBSCRIPTS = {
    "plus": "+",
    "minus": "-",
    "inf": r"\infty",
    "infty": r"\infty",
    "infinity": r"\infty",
    "max": r"\max",
    "min": r"\min",
    "perp": r"\perp",
}
OVERRIDES = {"kbar": (r"\bar{\kappa}", ""), "kbar2": (r"\bar{\kappa}", "2"), "kappa2": (r"\kappa", "2")}
PRODUCTS = {f"{left}_dot_{right}": rf"({left} \cdot {right})" for left, right in ("va", "aa", "vb", "ab", "bb")}

_ONE = r"(?:\\\w+(?:\{\w+\})?|[A-Za-z])"  # a letter, perhaps under a bar
_TRANSPOSED = re.compile(rf"({_ONE})\^\{{([^{{}}]+?) ?T\}}")
_DOTTED = re.compile(rf"\\dot\{{({_ONE})\^\{{(\w+)\}}\}}")
_MEAN = re.compile(r"(?<![\w\\{])E(?=\[|\||_W|\s*\\(?:ln|min|frac|left))(?!_\d)")
_SPELT = re.compile(
    rf"(?<![\w\\{{])(?:{'|'.join(GREEK)}|erf|relu|He)(?![A-Za-z])"
    r"|(?<=_\{)[A-Za-z]{3,}(?=\})|(?<=\()[A-Za-z]{3,}(?=\))"
)

_BASE = "|".join(sorted(LETTERS, key=len, reverse=True))
_HEAD = re.compile(rf"({_BASE}|[A-Za-z])((?:{'|'.join((*ACCENTS, *SUPERSCRIPTS))})*)(\d*)")
_WORD = re.compile(r"[A-Za-z]\w*")
_INDICES = re.compile(r"[ijkl]{2,3}|[mn]{2}|[abc]{2}|[xyz]{2}|[mp]{2}|rr|rt|tt|st|[IJ]{2}|AB")


def script(mark: str, tex: str) -> str:
    """A subscript or superscript; braces are left out around a single letter or digit."""
    return f"{mark}{tex}" if len(tex) == 1 and tex.isalnum() else f"{mark}{{{tex}}}"


def name(text: str, *, word: str = r"\mathrm") -> str:
    r"""The LaTeX of a symbol's name; `word` is the command around a name of several letters.

    >>> name("sigma_w"), name("q_star"), name("gbar"), name("N_eff"), name("lambda_")
    ('\\sigma_w', 'q^{*}', '\\bar{g}', 'N_{\\mathrm{eff}}', '\\lambda')
    >>> name("σ_w"), name("λ₁²"), name("Δt"), name("ħ"), name("é"), name("λ̂")
    ('\\sigma_w', '\\lambda_1^2', '\\Delta t', '\\hbar', '\\text{é}', '\\hat{\\lambda}')
    >>> name("lambda_-"), name("x_+")
    ('\\lambda_{-}', 'x_{+}')
    >>> name("v_dot_a"), name("x_dot_i")
    ('(v \\cdot a)', '\\dot{x}_i')
    """
    if text in PRODUCTS:  # of the derivatives of a curve; x_dot_i is the i-th component of a velocity
        return PRODUCTS[text]
    text = _SIGN_BELOW.sub(lambda m: "_minus" if m[1] == "-" else "_plus", INVISIBLE.sub("?", text))
    if not text.isascii():
        text = _spelt(text)
    if "\\" in text or "{" in text:
        return _one_notation(text)
    if not text.strip("_")[:1].isalpha():
        return text
    if "^" in text and text.endswith("'"):  # a prime is an exponent of its own: not beside another
        return f"{{{name(text[:-1], word=word)}}}'"
    if re.search(r"[^\w^]", text):  # a small formula of its own, such as E[x_1 x_2]
        return _MEAN.sub(r"\\mathbb{E}", _WORD.sub(_worded, text))
    head, _, power = text.strip("_").partition("^")
    power, _, below = power.partition("_")  # q^1_Delta: what follows the exponent is a subscript of the letter
    head = f"{head}_{below}" if below else head
    head, *parts = [part for part in head.split("_") if part] or [text]
    base, subs, supers, accents = _head(head, word)
    for part in parts:
        if part in SUPERSCRIPTS:
            supers.append(SUPERSCRIPTS[part])
        elif part in ACCENTS:
            accents.append(ACCENTS[part])
        else:
            subs.append(_subscript(part))
    for accent in accents:
        base = f"{accent}{{{base}}}"
    supers += [_subscript(power) if power.isalnum() else power] if power else []
    return base + (script("_", ",".join(subs)) if subs else "") + (script("^", " ".join(supers)) if supers else "")


def _spelt(text: str) -> str:
    """A name with Greek letters, accents and raised or lowered digits as they are typed; other signs as text."""
    text = re.sub(f"[{_RAISED_SIGNS}]+", lambda m: f"^{m[0].translate(_RAISED)}", text)
    text = re.sub(f"[{_LOWERED_SIGNS}]+", lambda m: f"_{m[0].translate(_LOWERED)}", text)
    typed = "".join(_TYPED)
    text = re.sub(rf"(?<![^\W_])(?<!/)[{typed}](?![^\W\d_]|[{_ACCENTS}])", lambda m: _TYPED[m[0]], text)
    text = re.sub(f"[{typed}](?=([{_ACCENTS}])?)", lambda m: LETTERS[_TYPED[m[0]]] + ("" if m[1] else " "), text)
    text = re.sub(rf"(\\\w+|.)([{_ACCENTS}])", lambda m: f"{_COMBINING[m[2]]}{{{m[1]}}}", text)
    return re.sub(r"[^\x00-\x7f]+", lambda m: rf"\text{{{''.join(map(_character, m[0]))}}}", text).strip()


def _one_notation(tex: str) -> str:
    r"""A name in LaTeX with its transposes, dots, means and words set in one way, however it was typed.

    >>> name(r"W^{32T}"), name(r"\dot{W^{21}}"), name("S_{pair}"), name("delta^{l+1}"), name("K_{l+1}(layer)")
    ('(W^{32})^{T}', '\\dot{W}^{21}', 'S_{\\mathrm{pair}}', '\\delta^{l+1}', 'K_{l+1}(\\mathrm{layer})')
    """
    tex = _TRANSPOSED.sub(r"(\1^{\2})^{T}", tex)
    tex = _DOTTED.sub(r"\\dot{\1}^{\2}", tex)
    tex = _MEAN.sub(r"\\mathbb{E}", tex.replace(r"\mathrm{E}", "E"))
    tex = re.sub(r"_([A-Za-z]{3,})(?![A-Za-z])", r"_{\1}", tex)
    tex = _SPELT.sub(lambda m: rf"\{m[0]}" if m[0] in GREEK else rf"\mathrm{{{m[0]}}}", tex)
    return tex


def _head(text: str, word: str) -> tuple[str, list[str], list[str], list[str]]:
    if text in OVERRIDES:
        base, power = OVERRIDES[text]
        return base, [], [power] if power else [], []
    match = _HEAD.fullmatch(text)
    if match is None:
        return f"{word}{{{text}}}", [], [], []
    letter, marks, digits = match.groups()
    found = re.findall("|".join((*ACCENTS, *SUPERSCRIPTS)), marks)
    accents = [ACCENTS[m] for m in found if m in ACCENTS]
    supers = [SUPERSCRIPTS[m] for m in found if m in SUPERSCRIPTS]
    return LETTERS.get(letter, letter), [digits] if digits else [], supers, accents


def _subscript(text: str) -> str:
    if text in SUBSCRIPTS:
        return SUBSCRIPTS[text]
    match = _HEAD.fullmatch(text)
    if match is not None:
        return name(text)
    if text.isdigit() or _INDICES.fullmatch(text):
        return text
    return rf"\mathrm{{{text}}}"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": "\1",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
_SIGNS = {
    "−": "-",
    "×": r"\times",
    "·": r"\cdot",
    "⋅": r"\cdot",
    "∗": "*",
    "±": r"\pm",
    "∓": r"\mp",
    "÷": r"\div",
    "≤": r"\leq",
    "≥": r"\geq",
    "≠": r"\neq",
    "≈": r"\approx",
    "≃": r"\simeq",
    "∼": r"\sim",
    "≡": r"\equiv",
    "∝": r"\propto",
    "≪": r"\ll",
    "≫": r"\gg",
    "→": r"\to",
    "←": r"\leftarrow",
    "↔": r"\leftrightarrow",
    "↦": r"\mapsto",
    "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow",
    "∞": r"\infty",
    "∂": r"\partial",
    "∇": r"\nabla",
    "∫": r"\int",
    "∑": r"\sum",
    "∏": r"\prod",
    "√": r"\surd",
    "∈": r"\in",
    "∉": r"\notin",
    "⊂": r"\subset",
    "∪": r"\cup",
    "∩": r"\cap",
    "∅": r"\emptyset",
    "∀": r"\forall",
    "∃": r"\exists",
    "ℝ": r"\mathbb{R}",
    "ℕ": r"\mathbb{N}",
    "ℤ": r"\mathbb{Z}",
    "ℂ": r"\mathbb{C}",
    "𝔼": r"\mathbb{E}",
    "ℓ": r"\ell",
    "ϑ": r"\vartheta",
    "⊥": r"\perp",
    "∥": r"\|",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "⊗": r"\otimes",
    "⊕": r"\oplus",
    "⊙": r"\odot",
    "∘": r"\circ",
    "°": r"{}^{\circ}",
    "′": "'",
    "″": "''",
    "†": r"\dagger",
    "½": r"\tfrac{1}{2}",
    "¼": r"\tfrac{1}{4}",
    "¾": r"\tfrac{3}{4}",
}
_PUNCTUATION = {
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
    "\u00a0": "~",
    "‑": "-",
    "•": r"\textbullet{}",
    "§": r"\S{}",
}
_COMBINING = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0305": r"\bar", "\u0303": r"\tilde", "\u0307": r"\dot"}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿᵀᵏᵐᵈᴺᴸ", "0123456789-+nTkmdNL")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊ₙ", "0123456789-+n")
_SIGN_BELOW = re.compile(r"_([-+])(?=$|[_^])")
_RAISED_SIGNS, _LOWERED_SIGNS = ("".join(map(chr, table)) for table in (_RAISED, _LOWERED))
_SMALL_GREEK = [n for n in GREEK if n.islower()]
_GREEK_LETTERS = {unicodedata.lookup(f"GREEK SMALL LETTER {n.replace('bd', 'd').upper()}"): n for n in _SMALL_GREEK}
_GREEK_LETTERS |= {c.upper(): n.capitalize() for c, n in _GREEK_LETTERS.items() if n.capitalize() in GREEK}
_GREEK_LETTERS |= {"ϕ": "phi", "ϵ": "eps", "µ": "mu"}
_TYPED = {c: n for c, n in _GREEK_LETTERS.items() if n in LETTERS}
_TYPED |= {"ħ": "hbar", "ℏ": "hbar", "ℓ": "ell", "∂": "partial", "∇": "nabla"}
_ACCENTS = "".join(_COMBINING)
# Mathematics within prose: sizes of matrices, roots, functions with primes or powers, derivatives, names with
# subscripts, primes and powers, and powers of brackets.
_NESTED = r"\((?:[^()]|\([^()]*\)){1,30}\)"
_SMALL = r"\([^()]{1,20}\)"
_POWER = rf"\^(?:-?\d+|-[A-Za-z](?!\w)|\{{\w{{1,6}}\}}|(?:{_BASE}|l?[A-Za-z])(?:_[A-Za-z0-9])?(?!\w)|\*|{_NESTED}T?)"
_COMMANDS = ("exp", "ln", "log", "det", "sum", "max", "min")
_NAMED = "|".join(("arctan", "sinh", "cosh", "tanh", "sin", "cos", "tan", "ln", "log", "exp", "erf"))
_LAYERED = re.compile(
    r"((?:W|Sigma)(?:bar|hat)?)(\d\d)"
)  # a matrix between two layers of neurons: raised, as the slides do
_MATHEMATICS = re.compile(
    r"(?<=\w )(?P<size>x)(?= [A-Z\d])"
    rf"|(?<![\w\\'’])(?<!\w\.)(?:sqrt(?P<root>{_NESTED}|\ [A-Za-z0-9]\b)"
    rf"|(?P<function>{_NAMED})(?=\^|')(?P<order>'{{1,4}})?(?P<raised>{_POWER})?(?!\w)"
    r"|d(?P<times>\d?)(?P<of>[A-Za-z])/d(?P<by>[A-Za-z](?: d[A-Za-z])*)(?!\w)"
    rf"|(?P<symbol>(?:{_BASE}|[A-Z][a-z]{{1,2}}(?=_)|[A-Za-z])(?:bar|tilde|(?<=[sy])hat)?\d{{0,2}}(?:_(?:[A-Za-z]+|\d+|{_SMALL}))*)"
    rf"(?P<primes>'{{1,4}}(?![\w']))?(?P<star>\*(?=[^\w*]|$))?(?P<power>{_POWER})?(?!\w|\.\w|[\u0300-\u036f]))"
    rf"|(?<=[)\]|\d])(?P<alone>{_POWER})"
)
# A hyphen that means minus: between or before numbers, letters of formulas and brackets.
# Stand for a hyphen that already is a minus, inside mathematics, and for a dollar that begins none. No text holds them.
_KEPT, _DOLLAR = "\0", "\1"
_MINUS = re.compile(
    r"(?<=[\w$)\]]) - (?=[\d$(]|[A-Za-z]\b)|(?<![\w$)\]{^_-])-(?=[\d$])|(?<=\d)-(?=\$)|(?<=[A-Za-z*}]\$)-(?=\d)"
)


def prose(text: str) -> str:
    r"""Plain text as LaTeX: special characters escaped, Unicode signs and names of symbols set as mathematics.

    >>> prose("50% of sigma_w^2 ≤ χ")
    '50\\% of $\\sigma_w^2$ $\\leq$ $\\chi$'
    """
    text = _plain(visible(text))
    out, end = [], 0
    for match in _MATHEMATICS.finditer(text):
        tex = _mathematics(match, text)
        if tex:
            between = text[end : match.start()]
            out += ["$-$" if between == "-" and end else _escape(between), f"${tex.replace('-', _KEPT)}$"]
            end = match.end()
    tex = "".join([*out, _escape(text[end:])])
    tex = _MINUS.sub(lambda m: m[0].replace("-", "$-$"), tex).replace("$$", " ")
    return tex.replace(_KEPT, "-").replace(_DOLLAR, r"\$")


def _mathematics(match: re.Match, text: str) -> str:
    """The LaTeX of a find in prose, empty if it is a word after all."""
    if match["root"]:
        return rf"\sqrt{{{_small(_inside(match['root'].strip()))}}}"
    if match["alone"]:
        return _raised(match["alone"])
    if match["size"]:
        return r"\times" if re.search(r"\b(?:[A-Z](?:_\w+)?|\d+) $", text[: match.start()]) else name("x")
    if match["function"]:
        command = r"\operatorname{erf}" if match["function"] == "erf" else rf"\{match['function']}"
        return _powered(command + (match["order"] or ""), match["raised"])
    if match["of"]:
        times = script("^", match["times"]) if match["times"] else ""
        return rf"d{times}{match['of']}/" + r"\,".join(f"d{v}" for v in match["by"].replace(" d", " ").split())
    symbol, primes, star, power = match["symbol"], match["primes"] or "", match["star"] or "", match["power"]
    before, after = text[: match.start()], text[match.end() :]
    layered = _LAYERED.fullmatch(symbol)
    if not primes and not power and not star and "_" not in symbol and not layered:
        greek = symbol in LETTERS and re.match(r"-[A-Za-z]{2}", after) and not re.search(r"\w-$", before)
        compound = re.search(r"[A-Za-z]{2}-$", before) or re.match(r"-[A-Za-z]{2}", after)
        article = symbol in "aAI" and not (re.match(r"\(|\s?[=<>]", after) or re.search(r"[-+=/]\s?$", before))
        letter = symbol.rstrip("0123456789")
        named = letter in LETTERS or any(accent in symbol for accent in ("bar", "tilde", "hat"))
        if (compound and not greek) or article or not (named or len(symbol) == 1):
            return ""
    if layered:
        tex = name(layered[1]) + script("^", layered[2])
    else:
        head, *subs = re.split(rf"_(?={_SMALL})", symbol)
        tex = name(head) + "".join(script("_", _small(sub)) for sub in subs) + primes
    if star:
        tex = f"{{{tex}}}^{{*}}" if "^" in tex or primes else f"{tex}^{{*}}"
    return _powered(tex, power)


def _powered(tex: str, power: str | None) -> str:
    if not power:
        return tex
    if len(power) > 2 and power.endswith("T") and not power.startswith("^{"):  # W^lT: the transpose of W^l
        return f"({tex}{_raised(power[:-1])})^{{T}}"
    if power == "^T" and "^" in tex:
        return f"({tex})^{{T}}"
    primed = tex.startswith("\\") and "'" in tex and "^" not in tex  # \tanh'^2 is read as it stands
    return f"{{{tex}}}{_raised(power)}" if ("^" in tex or "'" in tex) and not primed else tex + _raised(power)


def _raised(power: str) -> str:
    """A power as it is typed, such as ^2, ^*, ^{31} or ^(l+1)."""
    text = power[1:]
    return script("^", _small(text[1:-1] if text.startswith("{") else text))


def _inside(text: str) -> str:
    return text[1:-1].strip() if text.startswith("(") else text


def _plain(text: str) -> str:
    """Greek letters, raised and lowered signs in the spelling that is used in ASCII: λ² as lambda^2."""
    text = re.sub(f"[{''.join(map(chr, _RAISED))}]+", lambda m: "^" + _bracketed(m[0].translate(_RAISED)), text)
    text = re.sub(f"[{''.join(map(chr, _LOWERED))}]+", lambda m: "_" + _bracketed(m[0].translate(_LOWERED)), text)
    text = re.sub("[Α-Ωα-ω](?=[A-Za-z])", r"\g<0> ", unicodedata.normalize("NFC", text))
    return "".join(_GREEK_LETTERS.get(c, c) for c in text)


def _bracketed(text: str) -> str:
    return text if len(text) == 1 or text.isdigit() else f"({text})"


def _small(text: str) -> str:
    text = text.strip()
    text = text[1:-1] if re.fullmatch(r"\(.*[-+/*].*\)", text) else text
    return re.sub(r"\*(?!\s?\w)", "^{*}", _WORD.sub(_worded, text)) if text != "*" else text


def _worded(match: re.Match) -> str:
    head, _, below = match[0].partition("_")
    if head in _COMMANDS:
        return rf"\{head}" + (script("_", name(below)) if below else "")
    return name(match[0])


def _escape(text: str) -> str:
    text = re.sub(r'"([^"]*)"', "“\\1”", text)
    out: list[str] = []
    for character in text:
        if character in _COMBINING and out:
            out[-1] = f"${_COMBINING[character]}{{{out[-1].strip('$')}}}$"
        else:
            out.append(_character(character))
    return "".join(out)


def _character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in _PUNCTUATION:
        return _PUNCTUATION[c]
    if c in _SIGNS:
        return f"${_SIGNS[c]}$"
    if ord(c) < 128 or (c.isalpha() and ord(c) < 0x180):  # ASCII, and the letters of T1 fonts
        return c
    plain = unicodedata.normalize("NFKD", c)
    return plain if plain != c and plain.isascii() else f"[U+{ord(c):04X}]"
