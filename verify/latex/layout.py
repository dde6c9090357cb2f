r"""How wide a formula is on the page, and where to break it.

Works on LaTeX as the project's printer writes it, without running TeX: widths are estimated from tables, in em of the
surrounding text. A formula is broken at relations, then at terms of sums, then between factors; a bracket that must be
broken inside loses its \left and \right. Fractions, roots and cases stay whole.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

INDENT = 2.0  # of continuation rows: \qquad
OPENING, CLOSING = "([", ")]"
RELATIONS = {
    "=",
    "<",
    ">",
    r"\leq",
    r"\geq",
    r"\neq",
    r"\simeq",
    r"\sim",
    r"\approx",
    r"\to",
    r"\in",
    r"\equiv",
    r"\propto",
    r"\ll",
    r"\gg",
    r"\mapsto",
    r"\rightarrow",
}
SPACES = {r"\,": 0.17, r"\:": 0.22, r"\;": 0.28, r"\quad": 1.0, r"\qquad": 2.0, r"\ ": 0.33, r"\!": -0.17, "~": 0.33}
BIG = {r"\int": 1.0, r"\sum": 1.61, r"\prod": 1.45}
WIDTHS = {
    **dict.fromkeys("mwMW", 0.95),
    **dict.fromkeys("ijlt", 0.4),
    **dict.fromkeys("()", 0.4),
    "[": 0.3,
    "]": 0.3,
    "|": 0.3,
    ",": 0.45,
    ";": 0.45,
    "'": 0.3,
    "/": 0.5,
    "!": 0.28,
    "*": 0.5,
    "u": 0.57,
    "x": 0.57,
    "b": 0.44,
    r"\infty": 1.0,
    r"\ldots": 1.4,
    r"\cdots": 1.7,
    r"\cdot": 0.75,
    r"\times": 1.25,
    r"\wedge": 1.15,
    r"\vee": 1.15,
    r"\partial": 0.6,
    r"\ell": 0.42,
    r"\iota": 0.35,
    r"\ln": 0.95,
    r"\Bigl": 0.0,
    r"\bigl": 0.0,
    r"\Bigr": 0.0,
    r"\bigr": 0.0,
    r"\mid": 0.9,
    r"\max": 2.0,
    r"\min": 1.8,
}
ACCENTS = {r"\bar", r"\hat", r"\tilde", r"\dot", r"\ddot", r"\vec", r"\overline", r"\mathcal", r"\mathbf", r"\mathbb"}
WORDS = {r"\operatorname", r"\mathrm", r"\text", r"\textbf"}
TALL = re.compile(r"\\(?:d?frac|int|sum|prod|begin|left|binom|[bB]igl)(?![A-Za-z])|\^\{[^{}]*\^")
_TOKENS = re.compile(r"\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\[A-Za-z]+|\\.|\s+|\d+(?:\.\d+)?|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A part of a formula that stays on one row, or (kind `fence`) a bracket that may be opened."""

    tex: str
    width: float
    kind: str = "atom"  # atom, big, relation, binary, comma, fence
    inner: tuple[Piece, ...] = ()
    left: str = ""
    right: str = ""
    spaced: bool = False  # a space follows: what comes next is another factor, not an argument


@dataclass(frozen=True)
class _Unit:
    tex: str
    width: float
    cost: float | None  # of a break before it; None: no break
    sign: str = ""  # what to write at such a break


def width(tex: str) -> float:
    """Estimated width of a displayed formula, in em."""
    return _measured(tex, 1.0, 0)


@functools.lru_cache(maxsize=2**12)
def _measured(tex: str, size: float, depth: int) -> float:
    """The widths alone are kept: where rows are broken, pieces that read alike must be told apart."""
    return sum(p.width for p in parse(tex, size, depth))


def tall(tex: str) -> bool:
    """Whether brackets around a formula must be larger than the letters."""
    return TALL.search(tex) is not None


def rows(tex: str, room: float) -> tuple[str, ...]:
    """Break a formula into rows no wider than `room` em where that can be done; later rows are indented by INDENT."""
    pieces = parse(tex)
    if sum(p.width for p in pieces) <= room:
        return (tex,)
    room_left = room - INDENT
    while True:
        units = _units(pieces, 0)
        wide = [p for p in _closed(pieces) if p.width > room_left / 2]
        if max(_segments(units)) <= room_left or not wide:
            return _fill(units, room)
        pieces = _open(pieces, max(wide, key=lambda p: p.width))


def _closed(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The brackets that could be opened next."""
    found = []
    for p in pieces:
        found += [p] if p.kind == "fence" else _closed(p.inner) if p.kind == "opened" else []
    return found


def _open(pieces: tuple[Piece, ...], fence: Piece) -> tuple[Piece, ...]:
    def within(p: Piece) -> Piece:
        if p is fence:
            return replace(p, kind="opened")
        return replace(p, inner=_open(p.inner, fence)) if p.kind == "opened" else p

    return tuple(within(p) for p in pieces)


def _units(pieces: tuple[Piece, ...], level: int) -> list[_Unit]:
    units: list[_Unit] = []
    before = ""
    for p in pieces:
        factor = before in ("atom", "fence", "opened", "space")
        if p.kind == "opened":
            size = "\\B" if tall("".join(q.tex for q in p.inner)) else "\\b"
            inner = _units(p.inner, level + 1)
            inner[0] = replace(inner[0], cost=None)
            left, right = (f"{size}igl{p.left} ", f" {size}igr{p.right}")
            units.append(_Unit(left, 0.6, 4.0 + 2 * level if factor else None, r"\times "))
            units += [*inner, _Unit(right, 0.6 + p.width - 1.2 - sum(q.width for q in p.inner), None)]
        else:
            cost, sign = None, ""
            if p.kind == "relation":
                cost = 0.0 + 2 * level
            elif p.kind == "binary" or before == "comma":
                cost = 0.5 + 2 * level
            elif p.kind in ("fence", "big") and factor:
                cost, sign = 4.0 + 2 * level, r"\times "
            units.append(_Unit(p.tex, p.width, cost, sign))
        before = p.kind if p.spaced or p.kind != "atom" else "applied"
    return units


def _segments(units: list[_Unit]) -> list[float]:
    lengths = [0.0]
    for u in units:
        if u.cost is not None:
            lengths.append(0.0)
        lengths[-1] += u.width
    return lengths


def _fill(units: list[_Unit], room: float) -> tuple[str, ...]:
    """The cheapest way to cut units into rows: few rows, breaks outside brackets, no row too wide."""
    starts = [0, *(k for k, u in enumerate(units) if u.cost is not None and k)]
    best: dict[int, tuple[float, tuple[int, ...]]] = {len(units): (0.0, ())}
    for start in reversed(starts):
        options = []
        for end in (*[s for s in starts if s > start], len(units)):
            used = sum(u.width for u in units[start:end]) + (INDENT if start else 0.0)
            excess = max(used - room, 0.0)
            slack = max(room - used, 0.0) / room if end < len(units) else 0.0
            cost = 3.0 + 100 * excess + 3 * slack**2 + ((units[end].cost or 0.0) if end < len(units) else 0.0)
            options.append((cost + best[end][0], (end, *best[end][1])))
        best[start] = min(options)
    ends = best[0][1]
    lines = []
    for start, end in zip((0, *ends), ends, strict=False):
        lead = units[start].sign if start else ""
        lines.append(lead + "".join(u.tex for u in units[start:end]).strip())
    return tuple(lines)


def parse(tex: str, size: float = 1.0, depth: int = 0) -> tuple[Piece, ...]:
    """The pieces of a formula. `size` scales widths (scripts are smaller); `depth` counts fractions around it."""
    return tuple(_Parser(tex, size, depth).sequence(()))


class _Parser:
    def __init__(self, tex: str, size: float, depth: int) -> None:
        self.tokens = _TOKENS.findall(tex)
        self.at = 0
        self.size = size
        self.depth = depth

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def argument(self) -> str:
        """The next argument of a command, without its braces."""
        while self.peek().isspace():
            self.take()
        if self.peek() != "{":
            return self.take() if self.peek() else ""
        start, depth = self.at + 1, 0
        while True:
            token = self.take()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return "".join(self.tokens[start : self.at - 1])

    def sequence(self, stop: tuple[str, ...]) -> list[Piece]:
        pieces: list[Piece] = []
        while self.at < len(self.tokens) and self.peek() not in stop:
            token = self.take()
            if token.isspace():
                if pieces:
                    pieces[-1] = replace(pieces[-1], tex=pieces[-1].tex.rstrip() + " ", spaced=True)
            elif token in "^_'" and pieces:
                pieces[-1] = self.scripts(pieces[-1], token)
            else:
                pieces.append(self.piece(token, pieces[-1].kind if pieces else ""))
        return pieces

    def scripts(self, base: Piece, token: str) -> Piece:
        if token == "'":
            return replace(base, tex=base.tex.rstrip() + "'", width=base.width + 0.3 * self.size)
        content = self.argument()
        gain = _measured(content, self.size * 0.72, self.depth + 2)
        other = base.tex.rstrip().endswith("}") and ("^" if token == "_" else "_") in base.tex
        gain = gain * (0.6 if other else 1.0)
        if base.kind == "big" and r"\int" not in base.tex:
            gain = max(0.0, gain - 1.0)
        tex = f"{base.tex.rstrip()}{token}{{{content}}}" if len(content) > 1 else f"{base.tex.rstrip()}{token}{content}"
        right = base.right + tex[len(base.tex.rstrip()) :] if base.kind == "fence" else base.right
        return replace(base, tex=tex, width=base.width + gain, right=right)

    def piece(self, token: str, before: str) -> Piece:
        if token == r"\left" or (token in OPENING and self.closed(token)):
            return self.fence(token)
        if token == "{":
            self.at -= 1
            content = self.argument()
            return Piece(f"{{{content}}}", self.measure(content))
        if token in (r"\frac", r"\dfrac", r"\binom"):
            top, bottom = self.argument(), self.argument()
            smaller = 0.77 if self.depth >= 1 else 1.0
            inner = max(self.measure(part, smaller, 1) for part in (top, bottom))
            around = 1.5 if token == r"\binom" else 0.28
            return Piece(f"{token}{{{top}}}{{{bottom}}}", inner + around * self.size)
        if token == r"\sqrt":
            index = ""
            if self.peek() == "[":
                while self.peek() != "]":
                    index += self.take()
                index += self.take()
            content = self.argument()
            return Piece(f"{token}{index}{{{content}}}", self.measure(content) + 1.0 * self.size)
        if token in ACCENTS:
            content = self.argument()
            return Piece(f"{token}{{{content}}}", self.measure(content) + 0.2 * self.size)
        if token in WORDS:
            content = self.argument()
            return Piece(f"{token}{{{content}}}", (0.53 * len(content) + 0.2) * self.size)
        if token.startswith(r"\begin"):
            return self.environment(token)
        return self.single(token, before)

    def single(self, token: str, before: str) -> Piece:
        if token in RELATIONS:
            return Piece(f"{token} ", 1.4 * self.size, "relation")
        if token in ("+", "-", r"\pm", r"\cdot", r"\times"):
            operator = before in ("atom", "fence") and token in "+-"
            wide = 1.25 if before in ("atom", "fence", "big") and self.size > 0.9 else 0.8
            return Piece(f"{token} ", wide * self.size, "binary" if operator else "prefix")
        if token in BIG:
            return Piece(f"{token} ", BIG[token] * self.size, "big")
        if token in SPACES:
            return Piece(f"{token} ", SPACES[token] * self.size, "space")
        if token.startswith("\\"):
            name = token[1:]
            roman = name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "coth", "exp", "arcsin", "arccos", "arctan")
            wide = WIDTHS.get(token, 0.53 * len(name) + 0.2 if roman else 0.8 if name[0].isupper() else 0.65)
            return Piece(f"{token} ", wide * self.size)
        wide = WIDTHS.get(token, 0.76 if token.isupper() else 0.53 * len(token))
        return Piece(token, wide * self.size, "comma" if token in ",;" else "atom")

    def closed(self, opening: str) -> bool:
        depth = 0
        for token in self.tokens[self.at :]:
            if token == opening:
                depth += 1
            elif token == CLOSING[OPENING.index(opening)]:
                depth -= 1
                if depth < 0:
                    return True
        return False

    def fence(self, token: str) -> Piece:
        sized = token == r"\left"
        left = self.take() if sized else token
        inner = self.sequence((r"\right",) if sized else (CLOSING[OPENING.index(token)],))
        if sized:
            self.take()
        right = self.take()
        content = "".join(p.tex for p in inner)
        around = 0.0 if left == "." else (1.45 if sized and tall(content) else 0.95 if sized else 0.8)
        tex = rf"\left{left} {content}\right{right}" if sized else f"{left}{content}{right}"
        kind = "atom" if "." in (left, right) else "fence"
        return Piece(tex, around * self.size + sum(p.width for p in inner), kind, tuple(inner), left, right)

    def environment(self, token: str) -> Piece:
        end = token.replace("begin", "end")
        start, depth = self.at, 1
        while depth:
            inner = self.take()
            depth += (inner == token) - (inner == end)
        content = "".join(self.tokens[start : self.at - 1])
        table = [re.split(r"(?<!\\)&", line) for line in content.split(r"\\")]
        columns = [max(self.measure(row[k], 1.0, 1) for row in table if k < len(row)) for k in range(len(table[0]))]
        return Piece(f"{token}{content}{end}", sum(columns) + 1.05 * len(columns) * self.size)

    def measure(self, tex: str, scale: float = 1.0, deeper: int = 0) -> float:
        return _measured(tex, self.size * scale, self.depth + deeper)
