"""What a result says: the formula, where it is valid, where it comes from, and how the page prints it.

A `Statement` holds one SymPy relation, written once in the whole project: LaTeX, numbers and mutants are all made from
it. An `Observation` is an empirical statement that has no formula. Everything here is frozen and checks itself when it
is built, so a statement that exists is well formed.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction

DOCUMENTS = {
    "000": "Ganguli, The statistical physics of deep learning (slides)",
    "001": "Ganguli, Theories of deep learning (slides)",
    "002": "Park, Selected examples of physical approaches to neural networks (slides)",
    "003": "Marcolli and Tsao, Why is deep learning so effective? (slides)",
}
POSITIVE, NONNEGATIVE = sp.Interval.open(0, sp.oo), sp.Interval(0, sp.oo)
PRINTED_KINDS = ("misprint", "assumption", "convention", "ambiguous", "in use")
PUBLIC_CODE = "public_code"  # the source, in references.bib, of forms in use that no document prints
BIBLIOGRAPHY = Path(__file__).with_name("references.bib")


class StatementError(ValueError):
    """A statement, parameter or source is not well formed."""


@functools.cache
def bibliography() -> dict[str, str]:
    """The entries of references.bib: BibTeX key -> the entry's text."""
    text = BIBLIOGRAPHY.read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=@)", text)
    return {m.group(1): entry.strip() for entry in entries if (m := re.match(r"@\w+\{([^,\s]+),", entry))}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a formula is printed.

    `document` is a slide deck (a key of `DOCUMENTS`) or a BibTeX key of references.bib; `where` is the slide title as
    printed (slides.txt), the topic, or a section or equation that was looked up. A claim of one's own may give any
    `citation` in place of the document. Raises StatementError if the document is unknown or the locator is empty.
    """

    document: str = ""
    where: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        if bool(self.document) == bool(self.citation.strip()):
            raise StatementError("a source has either a document or a citation")
        if self.document and self.document not in DOCUMENTS and self.document not in bibliography():
            known = "neither a slide deck nor a key of references.bib"
            raise StatementError(f"source {self.document!r} is {known}; give what is neither as citation=")
        if not self.where.strip():
            raise StatementError(f"source {self.name!r} needs a locator: slide title or equation")

    @property
    def name(self) -> str:
        """The document, or the citation in its place."""
        return self.document or self.citation


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One free symbol (or undefined function, such as an activation) of a formula.

    `meaning` says what the letter is before its first comma, and what restricts it in one statement after it: inside a
    chapter a letter means one thing. `domain` is the set on which the formula is claimed; `typical` is the bounded part
    of it from which probes and property checks draw (both ends inside the domain; None for an undefined function).
    """

    symbol: sp.Symbol | UndefinedFunction
    meaning: str
    domain: sp.Set | None = None
    typical: tuple[float, float] | None = None
    unit: str = "1"

    def __post_init__(self) -> None:
        if isinstance(self.symbol, UndefinedFunction):
            return
        if self.domain is None or self.typical is None:
            raise StatementError(f"parameter {self.symbol} needs a domain and a typical range")
        if not isinstance(self.domain, sp.Set):
            raise StatementError(f"parameter {self.symbol}: {self.domain} is no set, as sympy.Interval(0, 1) is")
        low, high = self.typical
        if not low < high:
            raise StatementError(f"parameter {self.symbol}: typical range {self.typical} is empty")
        for end in self.typical:
            number = sp.Integer(int(end)) if self.is_integer else sp.Rational(str(end))
            if _is_outside(number, self.domain):
                raise StatementError(f"parameter {self.symbol}: typical value {end} lies outside {self.domain}")

    def narrowed(
        self, restriction: str = "", *, domain: sp.Set | None = None, typical: tuple[float, float] | None = None
    ) -> Parameter:
        """The parameter as one statement uses it: restricted in words, in its domain, or in its typical range.

        Raises StatementError if the new domain is no part of the old one.
        """
        if domain is not None and not domain.is_subset(self.domain):
            raise StatementError(f"parameter {self.name}: {domain} is no part of {self.domain}")
        return dataclasses.replace(
            self,
            meaning=f"{self.meaning}, {restriction}" if restriction else self.meaning,
            domain=self.domain if domain is None else domain,
            typical=self.typical if typical is None else typical,
        )

    @property
    def name(self) -> str:
        """The keyword under which compiled formulas take this parameter."""
        return str(self.symbol.__name__ if isinstance(self.symbol, UndefinedFunction) else self.symbol.name)

    @property
    def is_function(self) -> bool:
        return isinstance(self.symbol, UndefinedFunction)

    @property
    def is_integer(self) -> bool:
        return not self.is_function and bool(self.symbol.is_integer)


@functools.lru_cache(maxsize=1024)
def _is_outside(number: sp.Rational, domain: sp.Set) -> bool:
    return bool(domain.contains(number) == sp.false)


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Holds as an identity on the whole domain."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Holds as `parameter` goes to `towards`; the error vanishes like `rate` (an expression in the parameter)."""

    parameter: sp.Symbol
    towards: sp.Expr
    rate: sp.Expr


@dataclass(frozen=True, kw_only=True)
class LeadingOrder:
    """Holds up to terms of `order` (a power) in the small `parameter`."""

    parameter: sp.Symbol
    order: int


@dataclass(frozen=True, kw_only=True)
class Bound:
    """An inequality; `tight` says that equality is attained or approached."""

    tight: bool


Regime = Exact | Limit | LeadingOrder | Bound


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A formula as a page prints it, where that differs from what is true.

    `formula` has the same left-hand side as the statement that it misprints, so that the same checks can judge it.
    `kind` is one of PRINTED_KINDS: "in use" for what public code computes, with `public_code` and the topic as source.
    `note` is one sentence; `erratum` is the id in the list of errata, U1, U2, ... for forms in use.
    """

    erratum: str
    kind: str
    formula: sp.Basic
    note: str
    source: Source

    def __post_init__(self) -> None:
        if self.kind not in PRINTED_KINDS:
            raise StatementError(f"printed form {self.erratum}: kind {self.kind!r} is not one of {PRINTED_KINDS}")
        if not self.note.strip():
            raise StatementError(f"printed form {self.erratum} needs a note")
        if (self.kind == "in use") != (self.source.document == PUBLIC_CODE):
            raise StatementError(f"printed form {self.erratum}: {PUBLIC_CODE} is the source of forms in use only")


def split_module(module: str) -> tuple[str, str]:
    """(chapter, claim) of a module name `derivations.<chapter>.<claim>`, or the last two parts of another name.

    Raises StatementError for any other name inside of derivations.

    >>> split_module("derivations.deep_linear.mode_logistic"), split_module("gate")
    (('deep_linear', 'mode_logistic'), ('own', 'gate'))
    """
    if is_own(module):
        chapter, claim = ["own", *module.split(".")][-2:]
        return chapter, claim.strip("_")
    match = re.fullmatch(r"derivations\.([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)", module)
    if match is None:
        raise StatementError(f"a statement stands in derivations/<chapter>/<claim>.py, not in {module}")
    return match.group(1), match.group(2)


def is_own(module: str) -> bool:
    """Whether a statement stands outside of the suite: a claim of one's own needs no source and covers nothing."""
    return module.partition(".")[0] != "derivations"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What Statement and Observation share.

    module       `__name__` of the file it stands in; gives the id, so that id and path cannot differ
    sources      where it is printed; a claim of one's own may have none
    covers       ids of the catalogue of claims; of one's own, none
    assumptions  sentences; what the slide leaves out stands here
    printed      how pages print it, where that differs
    uses         ids of the results that the derivation imports

    Raises StatementError when title, sources or covers is missing, or the module is misplaced.
    """

    module: str
    title: str
    sources: tuple[Source, ...] = ()
    covers: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    printed: tuple[Printed, ...] = ()
    uses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        split_module(self.module)
        if not self.title.strip():
            raise StatementError(f"{self.id}: a result needs a title")
        if is_own(self.module):
            return
        if not self.sources or any(source.citation for source in (*self.sources, *(p.source for p in self.printed))):
            raise StatementError(f"{self.id}: a result needs at least one source, a slide deck or a BibTeX key")
        if not self.covers:
            raise StatementError(f"{self.id}: a result needs the catalogue entries that it covers")

    @property
    def id(self) -> str:
        return ".".join(split_module(self.module))

    @property
    def chapter(self) -> str:
        return split_module(self.module)[0]

    @property
    def is_own(self) -> bool:
        """Whether it stands outside of the suite."""
        return is_own(self.module)


@dataclass(frozen=True, kw_only=True)
class Statement(Result):
    """One result with a formula.

    formula      one relation; both sides may be sp.Tuple of the same length for results that come together
    parameters   one Parameter for each free symbol and undefined function on the right-hand side
    where        definitions of symbols that the formula uses, as Eq(symbol, expression), in order of use
    stable       the right-hand side in a form that does not overflow; a step must prove it equal
    letters      letters for parts of the formula, as Eq(symbol, part), by which a long formula is easier to read; with
                 the parts in their places it must be the formula again

    Raises StatementError when a free symbol has no Parameter, a letter does not stand for a part of the formula, or
    what a Result needs is missing.
    """

    formula: sp.Basic
    parameters: tuple[Parameter, ...]
    assumptions: tuple[str, ...] = field()  # no statement without thinking of them
    regime: Regime
    where: tuple[sp.Eq, ...] = ()
    stable: sp.Expr | None = None
    letters: tuple[sp.Eq, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.formula, sp.core.relational.Relational) or self.formula.lhs == self.formula.rhs:
            raise StatementError(f"{self.id}: the formula is not a relation between two different sides")
        if len(self.left) != len(self.right):
            raise StatementError(f"{self.id}: {len(self.left)} left-hand sides but {len(self.right)} right-hand sides")
        known: set = {p.symbol for p in self.parameters}
        if len(known) != len(self.parameters):
            raise StatementError(f"{self.id}: a parameter is listed twice")
        for definition in self.where:
            missing = needed(definition.rhs) - known
            if missing:
                raise StatementError(
                    f"{self.id}: no Parameter for {names(missing)} in the definition of {definition.lhs}"
                )
            known.add(definition.lhs)
        for expression in (*self.right, *((self.stable,) if self.stable is not None else ())):
            missing = needed(expression) - known
            if missing:
                raise StatementError(f"{self.id}: no Parameter for {names(missing)}")
        if self.letters:
            self._check_letters()

    def _check_letters(self) -> None:
        formula, where = self.shown
        back = {letter.lhs: letter.rhs for letter in self.letters}
        for letter in self.letters:
            if letter.lhs in self.formula.atoms(sp.Symbol) or any(letter.lhs in d.atoms(sp.Symbol) for d in self.where):
                raise StatementError(f"{self.id}: {letter.lhs} is in the formula, and cannot stand for a part of it")
            if not any(letter.lhs in e.atoms(sp.Symbol) for e in (formula, *where[: len(self.where)])):
                raise StatementError(f"{self.id}: {letter.lhs} stands for nothing in the formula")
        again = [_with(e, back) for e in (formula, *where[: len(self.where)])]
        if again != [self.formula, *self.where]:
            raise StatementError(f"{self.id}: with its letters replaced it is another formula")

    @property
    def shown(self) -> tuple[sp.Basic, tuple[sp.Eq, ...]]:
        """The formula and the definitions as they are read, with `letters` in the places of what they stand for."""
        parts = {letter.rhs: letter.lhs for letter in self.letters}
        if not parts:
            return self.formula, self.where
        return _with(self.formula, parts), (*(_with(d, parts) for d in self.where), *self.letters)

    @property
    def left(self) -> tuple[sp.Expr, ...]:
        """The left-hand sides, one for each component."""
        return components(self.formula.lhs)

    @property
    def right(self) -> tuple[sp.Expr, ...]:
        """The right-hand sides, one for each component."""
        return components(self.formula.rhs)

    @property
    def digest(self) -> str:
        """Sixteen hex digits that identify formula, definitions and domain."""
        parts = [sp.srepr(self.formula), *(sp.srepr(d) for d in self.where)]
        parts += [f"{p.name} {p.domain}" for p in self.parameters]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _with(relation: sp.Basic, parts: dict) -> sp.Basic:
    """A relation with parts of its sides replaced, and not evaluated."""
    return relation.func(*(side.xreplace(parts) for side in relation.args), evaluate=False)


@dataclass(frozen=True, kw_only=True)
class Observation(Result):
    """An empirical result without a formula: an ordering, a trend, a table.

    `sentence` says it, `quantity` names what is compared, and `negative_control` the setting that must not show it.
    """

    sentence: str
    quantity: str
    negative_control: str

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("sentence", "quantity", "negative_control"):
            if not getattr(self, name).strip():
                raise StatementError(f"{self.id}: an observation needs {name}")

    @property
    def digest(self) -> str:
        """Sixteen hex digits that identify what is said, what is compared, and the control."""
        return hashlib.sha256(f"{self.sentence}\n{self.quantity}\n{self.negative_control}".encode()).hexdigest()[:16]


def components(side: sp.Basic) -> tuple[sp.Expr, ...]:
    """The entries of one side of a formula: those of a Tuple, or the side itself."""
    return tuple(side) if isinstance(side, sp.Tuple) else (side,)


def needed(expression: sp.Basic) -> set:
    """Free symbols and undefined functions that must be known to evaluate an expression."""
    functions = {f.func for f in expression.atoms(AppliedUndef)}
    return set(expression.free_symbols) | functions


def names(symbols: set) -> str:
    """Symbols as a sorted list in words, for messages."""
    return ", ".join(sorted(str(s) for s in symbols))
