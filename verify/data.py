"""Measured numbers against a claim's prediction: where they part, and what would produce such a deviation."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from derivations.statement import LeadingOrder, Limit, Statement
from verify.claim import Claim
from verify.numbers import (
    NUMBER,
    Formula,
    ValuesError,
    assigned,
    complete,
    formula,
    inside,
    number,
    shown,
    text_of,
    worked_out,
)

VALUE, ERROR = "value", "error"
MOST_ROWS, LARGEST = 10_000, 50_000_000  # rows, bytes of a file
FALSE_ALARMS = 1e-4  # chance that true numbers are told apart, over all rows
LARGEST_NUMBER = 10**70  # its square times the inverse square of the smallest error is still a double
DIGITS = 17
SCALES = np.geomspace(0.05, 20, 61)  # factors that are tried on a letter
AGREES, PARTS, UNDECIDED = "agrees", "parts", "undecided"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured number: the letters' values, what was measured with its standard error, and what is predicted."""

    at: dict[str, Any]
    value: float
    error: float | None
    predicted: float
    extra: dict[str, float]

    @property
    def deviation(self) -> float:
        """In standard errors; nan without one."""
        return (self.value - self.predicted) / self.error if self.error else math.nan


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What would bring data and prediction together: `chi_square` is left for each row that is free."""

    sentence: str
    chi_square: float


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of the comparison; `threshold` in standard errors."""

    verdict: str
    quantity: str
    rows: tuple[Row, ...]
    threshold: float | None
    chi_square: float | None
    worst: Row
    parting: str = ""
    explanations: tuple[Explanation, ...] = ()
    stated: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # columns of which nothing was read


def compare(claim: Claim, path: Path, words: Sequence[str]) -> Finding:
    """Compare a file of measured numbers with a claim. Raises ValuesError, naming the line of the file.

    Columns are named after letters of the formula, `value` (or a quantity's name) and `error`; letters without a column
    have their value in `words`, as in "tau=1.37".
    """
    known = formula(claim)
    fixed = {name: values for name, values in assigned(words, known).items()}
    for name, values in fixed.items():
        if len(values) != 1:
            raise ValuesError(f"{name} has {len(values)} values; what varies is a column of {path}")
    constant = {name: values[0] for name, values in fixed.items()}
    header, lines = _lines(path)
    quantity, index = _quantity(header, known, path)
    twice = set(header) & set(constant)
    if twice:
        raise ValuesError(f"{', '.join(sorted(twice))} is a column of {path} and given beside it; give it once")
    complete({**dict.fromkeys(header), **constant}, known)
    rows = tuple(_row(known, header, line, constant, (quantity, index), f"{path}, line {n}") for n, line in lines)
    if not rows:
        raise ValuesError(f"{path} has no row of numbers below its header")
    ignored = tuple(name for name in header if name not in _read(known, quantity))
    return replace(_judged(claim, known, rows, index, constant), ignored=ignored)


# ------------------------------------------------------------------------------------------------ reading


def _lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        if path.stat().st_size > LARGEST:
            raise ValuesError(f"{path} has more than {LARGEST} bytes; take fewer rows")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise ValuesError(f"{path} cannot be read: {problem.strerror or problem}; name a CSV file") from problem
    except UnicodeDecodeError:
        raise ValuesError(f"{path} is no text in UTF-8; save it as CSV") from None
    filled = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    kept = [(n, line) for n, line in filled if not line.startswith("#")]
    if not kept:
        raise ValuesError(f"{path} is empty; it begins with the names of its columns")
    separator = next((s for s in (",", ";", "\t") if s in kept[0][1]), "")
    table = [(n, _cells(line, separator, f"{path}, line {n}")) for n, line in kept]
    above = [line.lstrip("# ") for n, line in filled if n < kept[0][0]]
    if above and all(map(NUMBER.fullmatch, table[0][1])):  # numpy.savetxt writes the names behind a #
        table.insert(0, (0, _cells(above[-1], separator, f"{path}, line {kept[0][0] - 1}")))
    (_, header), *rows = table
    if len(rows) > MOST_ROWS:
        raise ValuesError(f"{path} has {len(rows)} rows; {MOST_ROWS} at most are compared")
    if len(set(header)) != len(header) or not all(header):
        raise ValuesError(f"{path}: the columns {', '.join(header)} need names of their own")
    return header, rows


def _cells(line: str, separator: str, where: str) -> list[str]:
    """The cells of one line, between blanks without a separator; a quoted one that goes on below is not read."""
    if not separator:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except csv.Error as problem:
        raise ValuesError(f"{where}: {problem}; write one number in each cell") from problem


def _quantity(header: list[str], known: Formula, path: Path) -> tuple[str, int]:
    """The column of measured numbers, and which quantity it is."""
    named = [name for name in known.quantities if name in header]
    if len(named) == 1:
        return named[0], known.quantities.index(named[0])
    if VALUE in header and len(known.quantities) == 1:
        return VALUE, 0
    several = f"one of {', '.join(known.quantities)}"
    needed = several if len(known.quantities) > 1 else f"{VALUE} or {known.quantities[0]}"
    raise ValuesError(f"{path} has the columns {', '.join(header)}; the measured numbers need a column {needed}")


def _read(known: Formula, quantity: str) -> set[str]:
    """The names of columns that are read; others may hold any text."""
    law = _law(known.claim)
    return {*known.names, quantity, ERROR, *([law[0].name] if law else [])}


def _row(
    known: Formula, header: list[str], cells: list[str], constant: dict[str, Any], quantity: tuple[str, int], where: str
) -> Row:
    if len(cells) != len(header):
        raise ValuesError(f"{where}: {len(cells)} cells under {len(header)} names")
    parameters = {p.name: p for p in known.parameters}
    read = _read(known, quantity[0])
    try:
        numbers = {name: number(name, cell) for name, cell in zip(header, cells, strict=True) if name in read}
        letters = {n: inside(v, n, parameters.get(n)) for n, v in numbers.items() if n in known.names}
    except ValuesError as problem:
        raise ValuesError(f"{where}: {problem}") from problem
    at = {**letters, **constant}
    found, reason = worked_out(known, at, DIGITS)
    if reason:
        raise ValuesError(f"{where}: {reason}")
    predicted = found[quantity[1]]
    if abs(predicted) > LARGEST_NUMBER:
        raise ValuesError(f"{where}: {known.claim.id} predicts {text_of(predicted, 3)}; take another unit")
    if ERROR in numbers and numbers[ERROR] <= 0:
        raise ValuesError(
            f"{where}: the error {shown(numbers[ERROR])} is not positive; leave the column out if there is none"
        )
    for name in (ERROR, quantity[0]):
        least = 1 / sp.Integer(LARGEST_NUMBER) if name == ERROR else 0
        if name in numbers and not least <= abs(numbers[name]) <= LARGEST_NUMBER:
            many = f"{1 / LARGEST_NUMBER:.0e} to {LARGEST_NUMBER:.0e}"
            raise ValuesError(f"{where}: {name}={shown(numbers[name])} is out of range ({many}); take another unit")
    error = float(numbers[ERROR]) if ERROR in numbers else None
    extra = {n: float(v) for n, v in numbers.items() if n not in known.names and n not in (quantity[0], ERROR)}
    return Row(at=at, value=float(numbers[quantity[0]]), error=error, predicted=float(predicted), extra=extra)


# ------------------------------------------------------------------------------------------------ judging


def _judged(claim: Claim, known: Formula, rows: tuple[Row, ...], index: int, constant: dict[str, Any]) -> Finding:
    from scipy import special

    stated = _stated(claim, rows)
    quantity = known.quantities[index]
    if any(row.error is None for row in rows):
        worst = max(rows, key=lambda row: abs(row.value - row.predicted) / max(abs(row.predicted), 1e-300))
        return Finding(
            verdict=UNDECIDED, quantity=quantity, rows=rows, threshold=None, chi_square=None, worst=worst, stated=stated
        )
    threshold = -float(special.ndtri(FALSE_ALARMS / len(rows) / 2))
    deviations = np.array([row.deviation for row in rows])
    total = float(np.sum(deviations**2))
    off = np.abs(deviations) > threshold
    bulk = float(special.chdtrc(len(rows), total)) < FALSE_ALARMS
    worst = rows[int(np.argmax(np.abs(deviations)))]
    verdict = PARTS if off.any() or bulk else AGREES
    return Finding(
        verdict=verdict,
        quantity=quantity,
        rows=rows,
        threshold=threshold,
        chi_square=total / len(rows),
        worst=worst,
        parting=_parting(rows, off, bulk),
        explanations=_explanations(claim, known, rows, index, constant) if verdict == PARTS else (),
        stated=stated,
    )


def _parting(rows: tuple[Row, ...], off: np.ndarray, bulk: bool) -> str:
    """Where data and prediction part, in words."""
    if not off.any():
        return "no single row is off, all of them together are" if bulk else ""
    count = f"{int(off.sum())} of {len(rows)} rows"
    for name in rows[0].at:
        places = [row.at[name] for row in rows]
        if len(set(map(str, places))) < 3 or not all(isinstance(p, sp.Rational) for p in places):
            continue
        order = np.argsort([float(p) for p in places])
        flags = off[order]
        first = int(np.argmax(flags))
        if flags[first:].all() and first:
            return f"{count} are off: all from {name} = {shown(places[order[first]])} on"
        last = len(flags) - int(np.argmax(flags[::-1]))
        if flags[:last].all() and last < len(flags):
            return f"{count} are off: all up to {name} = {shown(places[order[last - 1]])}"
    return f"{count} are off"


def _explanations(
    claim: Claim, known: Formula, rows: tuple[Row, ...], index: int, constant: dict[str, Any]
) -> tuple[Explanation, ...]:
    """Changes of one number with which prediction and data agree, the best first."""
    from scipy import special

    values, errors = np.array([r.value for r in rows]), np.array([r.error for r in rows], dtype=float)
    predicted = np.array([r.predicted for r in rows])
    free = max(len(rows) - 1, 1)

    def left(model: np.ndarray) -> float:
        return float(np.sum(((values - model) / errors) ** 2)) / free

    found: list[Explanation] = []
    weight = np.sum((predicted / errors) ** 2)
    if weight > 0:
        factor = float(np.sum(values * predicted / errors**2) / weight)
        sentence = (
            f"the values are {factor:.4g} +- {1 / math.sqrt(weight):.1g} times the prediction: units or a convention"
        )
        found.append(Explanation(sentence=sentence, chi_square=left(factor * predicted)))
    weight = np.sum(1 / errors**2)
    shift = float(np.sum((values - predicted) / errors**2) / weight)
    sentence = (
        f"the values lie {shift:.4g} +- {1 / math.sqrt(weight):.1g} above the prediction: an offset or a background"
    )
    found.append(Explanation(sentence=sentence, chi_square=left(predicted + shift)))
    found += _regime(claim, rows, left, predicted, values, errors)
    for parameter in known.parameters:
        if not parameter.is_function and not parameter.is_integer:
            found += _scaled(claim, rows, parameter, index, left)
    good = [e for e in found if special.chdtrc(free, free * e.chi_square) >= FALSE_ALARMS]
    return tuple(sorted(good, key=lambda e: e.chi_square)[:5])


def _regime(
    claim: Claim,
    rows: tuple[Row, ...],
    left: Callable[[np.ndarray], float],
    predicted: np.ndarray,
    values: np.ndarray,
    errors: np.ndarray,
) -> list[Explanation]:
    """The error that the regime states, where the data say how large its parameter was."""
    law = _law(claim)
    if law is None:
        return []
    symbol, rate = law
    sizes = [row.extra.get(symbol.name, row.at.get(symbol.name, 0.0)) for row in rows]
    if not all(sizes):
        return []
    shape = np.array([float(rate.subs(symbol, float(size))) for size in sizes]) * predicted
    weight = np.sum((shape / errors) ** 2)
    if not weight > 0:
        return []
    factor = float(np.sum((values - predicted) * shape / errors**2) / weight)
    sentence = f"the values deviate by {factor:.3g} * {rate} of their size, the order that the statement leaves open"
    return [Explanation(sentence=sentence, chi_square=left(predicted + factor * shape))]


def _law(claim: Claim) -> tuple[sp.Symbol, sp.Expr] | None:
    regime = claim.statement.regime if isinstance(claim.statement, Statement) else None
    if isinstance(regime, Limit):
        return regime.parameter, regime.rate
    return (regime.parameter, regime.parameter**regime.order) if isinstance(regime, LeadingOrder) else None


def _scaled(
    claim: Claim, rows: tuple[Row, ...], parameter: Any, index: int, left: Callable[[np.ndarray], float]
) -> list[Explanation]:
    """The factor on a letter that fits best: another unit, another definition, another value than was meant."""
    from scipy import optimize

    candidate = claim.candidate()

    def model(factor: float) -> np.ndarray | None:
        names = rows[0].at
        given: dict[str, Any] = {}
        for name in names:
            column = [row.at[name] for row in rows]
            scale = factor if name == parameter.name else 1.0
            is_number = isinstance(column[0], sp.Rational)
            given[name] = np.array([float(v) for v in column]) * scale if is_number else column[0]
        try:
            with np.errstate(all="ignore"):  # a scaled letter may overflow; what is not finite is no explanation
                found = np.asarray(candidate.numpy(**given), dtype=float)
        except (ArithmeticError, NotImplementedError, ValueError):
            return None
        found = found[index] if found.ndim > 1 else found
        return np.broadcast_to(found, (len(rows),))

    def cost(factor: float) -> float:
        found = model(factor)
        return left(found) if found is not None and np.all(np.abs(found) < LARGEST_NUMBER) else 1e300

    costs = [cost(f) for f in SCALES]
    best = int(np.argmin(costs))
    if costs[best] >= 1e300 or best in (0, len(SCALES) - 1):
        return []
    ends = (math.log(SCALES[best - 1]), math.log(SCALES[best + 1]))
    near = optimize.minimize_scalar(lambda u: cost(math.exp(u)), bounds=ends, method="bounded", options={"xatol": 1e-7})
    factor = math.exp(float(near.x))
    sentence = f"{parameter.name} ({parameter.meaning}) is {factor:.4g} times what was given"
    return [Explanation(sentence=sentence, chi_square=float(near.fun))]


def _stated(claim: Claim, rows: tuple[Row, ...]) -> tuple[str, ...]:
    """What the statement presupposes: its regime, its assumptions, and the convention of its units."""
    said = []
    law = _law(claim)
    if law is not None:
        symbol, rate = law
        sizes = {row.extra.get(symbol.name) for row in rows} - {None}
        numbers = [float(rate.subs(symbol, size)) for size in sizes if size is not None]
        size = (
            f", here {min(numbers):.2g} to {max(numbers):.2g}" if numbers else f"; a column {symbol.name} would be used"
        )
        said.append(f"It holds up to terms of order {rate}{size}.")
    said += [*claim.statement.assumptions, *([claim.convention] if claim.convention else [])]
    return tuple(said)
