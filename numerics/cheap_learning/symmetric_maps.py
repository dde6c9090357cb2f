"""Linear maps that commute with symmetries, found as null spaces, and convolutions by fast Fourier transforms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.measurement import Measurement
from numerics.streams import Stream

PRECISE = 1e-9


def ring(places: int) -> list[np.ndarray]:
    """The shift of a ring, as a list of one permutation: where each place goes."""
    return [(np.arange(places) + 1) % places]


def torus(side: int, rotation: bool) -> list[np.ndarray]:
    """Both shifts of a square torus, and its rotation by a right angle, as permutations of its places."""
    first, second = np.divmod(np.arange(side * side), side)
    moves = [(first + 1) % side * side + second, first * side + (second + 1) % side]
    return [*moves, (-second % side) * side + first] if rotation else moves


def commuting_dimension(permutations: Sequence[np.ndarray]) -> int:
    """Dimension of the matrices that commute with all permutations: columns less rank of the conditions on entries."""
    size = len(permutations[0])
    rows, columns = np.divmod(np.arange(size * size), size)
    conditions = []
    for where in permutations:
        moved = np.eye(size * size)[where[rows] * size + where[columns]]
        conditions.append(2 * np.eye(size * size) - moved - moved.T)  # (1 - moved)^T (1 - moved)
    return size * size - int(np.linalg.matrix_rank(sum(conditions), hermitian=True))


def dimensions(*, sides: tuple[int, ...], stream: Stream, device: str, shifts: bool = True) -> Measurement:
    """Dimensions of the linear maps on rings of `sides` places that commute with the shift (first row), and on square
    tori of that side that commute with both shifts and with rotations by a right angle (second row).

    Without `shifts` maps commute with a reflection of the ring, and with the rotation of the torus alone. `stream` and
    `device` are unused.
    """
    rows = []
    for side in sides:
        one, all_of_them = (
            (ring(side), torus(side, True)) if shifts else ([-np.arange(side) % side], torus(side, True)[2:])
        )
        rows.append([commuting_dimension(one), commuting_dimension(all_of_them)])
    return Measurement(values=np.array(rows, dtype=float).T, axis=np.array(sides, dtype=float))


def transform(values: np.ndarray, sign: int) -> tuple[np.ndarray, int]:
    """Discrete Fourier transform of 2^q values by halving, and the multiplications by roots of unity that it took."""
    if len(values) == 1:
        return values.astype(complex), 0
    (even, first), (odd, second) = transform(values[::2], sign), transform(values[1::2], sign)
    roots = np.exp(sign * 2j * np.pi * np.arange(len(even)) / len(values))
    turned = roots * odd
    return np.concatenate([even + turned, even - turned]), first + second + len(even)


def convolutions(*, powers: tuple[int, ...], stream: Stream, device: str, direct: bool = False) -> Measurement:
    """Convolutions of random values on rings of 2^q places, through two transforms, each compared with a direct sum.

    Values, shape (1, powers): multiplications in the two transforms; with `direct` those of the direct sum. `device`
    is unused. Given: `places`. Raises ArithmeticError if the convolution is not the direct sum.
    """
    counts = []
    for power in powers:
        generator, places = stream.child(power).generator(), 2**power
        values, weights = generator.standard_normal((2, places))
        spectrum, _ = transform(weights, -1)
        inside, first = transform(values, -1)
        outside, second = transform(inside * spectrum, 1)
        matrix = weights[(np.arange(places)[:, None] - np.arange(places)) % places]
        if np.max(np.abs(outside / places - matrix @ values)) > PRECISE * places:
            raise ArithmeticError(f"the transforms do not convolve {places} values")
        counts.append(matrix.size if direct else first + second)
    places_of = 2.0 ** np.array(powers)
    return Measurement(values=np.array([counts], dtype=float), axis=places_of, given={"places": places_of})
