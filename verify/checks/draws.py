"""Points of a domain for checks: exponents where it spans decades, its ends, no values that hide an error.

Wrong formulas agree with right ones at 0, 1 and 2 (2 + 2 = 2 * 2 = 2^2) and where two letters are equal. Real values
are decimal text, which is exact in every backend.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import mpmath

from derivations.statement import Parameter
from numerics.streams import Stream

Point = Mapping[str, Any]
DECADES = 100  # a range whose ends have at least this ratio is drawn by exponent
BITS = 18  # of a drawn value
SPECIAL = (0.0, 1.0, 2.0)


def place(low: float, high: float, share: float) -> float:
    """The value that has the given share (0 to 1) of a range below it, of its exponents where it spans decades."""
    if low > 0 and high >= DECADES * low:
        return float(low * (high / low) ** share)
    return low + (high - low) * share


def draw(parameter: Parameter, stream: Stream) -> Any:
    """One value from a parameter's typical range: an int, or decimal text.

    Never 0, 1 or 2, unless an integer range has no other value.
    """
    low, high = parameter.typical  # type: ignore[misc]
    generator = stream.generator()
    if parameter.is_integer:
        allowed = [n for n in range(int(low), int(high) + 1) if n not in SPECIAL] or [int(low)]
        return int(generator.choice(allowed))
    while True:
        value = place(low, high, generator.uniform())
        text = f"{value:.6f}" if high < DECADES * low or low <= 0 else f"{value:.7g}"
        if low <= float(text) <= high and float(text) not in SPECIAL:
            return text


def draw_points(parameters: tuple[Parameter, ...], count: int, stream: Stream) -> list[dict[str, Any]]:
    """`count` points of the domain, each parameter drawn independently."""
    drawn = [p for p in parameters if not p.is_function]
    return [{p.name: draw(p, stream.child(k).child(p.name)) for p in drawn} for k in range(count)]


def strategy(parameters: tuple[Parameter, ...], accepts: Callable[[Point], bool]) -> Any:
    """A hypothesis strategy for points.

    It is made of booleans alone: other draws of hypothesis borrow numbers from the source of whatever modules happen to
    be loaded, so that examples would depend on what a process did before.
    """
    from hypothesis import strategies as st

    drawn = {p.name: p for p in parameters if not p.is_function}
    bits = st.tuples(*[st.booleans()] * BITS)
    values = {name: bits.map(functools.partial(_value, p)) for name, p in drawn.items()}
    return st.fixed_dictionaries(values).filter(functools.partial(_telling, drawn)).filter(accepts)


def _value(parameter: Parameter, bits: tuple[bool, ...]) -> Any:
    """The first two bits choose the digits, the next four an end of the range, the others the place in it."""
    low, high = parameter.typical  # type: ignore[misc]
    share = sum(bit * 2.0 ** -(k + 1) for k, bit in enumerate(bits[6:]))
    at_an_end = (low if bits[5] else high) if all(bits[2:5]) else None
    if parameter.is_integer:
        return int(place(low, high + 1, share) // 1 if at_an_end is None else at_an_end)
    if at_an_end is not None:
        return f"{at_an_end:g}"
    digits = 1 + 2 * bits[0] + bits[1]
    text = f"{place(low, high, share):.{digits}g}"
    return text if low <= float(text) <= high else f"{place(low, high, share):.6g}"


def simpler(parameter: Parameter, value: Any) -> list[Any]:
    """Simpler values of a parameter near a drawn one, simplest first: fewer digits, or a smaller count."""
    low, high = parameter.typical  # type: ignore[misc]
    if parameter.is_integer:
        return [n for n in (int(low), 3, 4, 5, 7, 10, 100) if low <= n <= min(high, value)]
    texts = [f"{float(value):.{digits}g}" for digits in (1, 2, 3)]
    return [t for t in texts if low <= float(t) <= high and float(t) not in SPECIAL and len(t) < len(value)]


def _telling(drawn: Mapping[str, Parameter], point: Point) -> bool:
    """Whether no two real values are equal, and none is 0, 1 or 2 but at an end of its range."""
    real = {name: float(value) for name, value in point.items() if isinstance(value, str)}
    ends = {name: drawn[name].typical or () for name in real}
    return len({*real.values()}) == len(real) and all(v not in SPECIAL or v in ends[name] for name, v in real.items())


def described(point: Point) -> str:
    """A point of the domain as text; an activation by its name."""
    return ", ".join(f"{name} = {getattr(value, 'name', value)}" for name, value in point.items())


def both(value: Any, expected: Any, kind: str = "reference") -> str:
    """A value of the formula beside what it is compared with: six digits, or as many as tell them apart.

    >>> both(0.2, 0.3), both(1.00000001, 1, "measured")
    ('formula 0.2, reference 0.3', 'formula 1.00000001, measured 1.0')
    """
    with mpmath.workdps(60):
        pair = [mpmath.mpmathify(number) for number in (value, expected)]
        texts = [mpmath.nstr(number, 6) for number in pair]
        for digits in (9, 12, 18, 25, 40):
            if texts[0] != texts[1]:
                break
            texts = [mpmath.nstr(number, digits) for number in pair]
    return f"formula {texts[0]}, {kind} {texts[1]}"
