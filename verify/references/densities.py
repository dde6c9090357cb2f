"""Pictures of spectra: what was counted between neighbouring levels, as a histogram, and the density of the law."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.measurement import Measurement
from verify.compile import Candidate
from verify.evidence import Path, Plane

PLACES = 160  # at which a density is drawn
MOST = 4  # networks in one picture
Fraction = Callable[[Candidate, int, np.ndarray], np.ndarray]  # formula, network, levels -> fraction above each


def densities(labels: Sequence[str], fraction: Fraction) -> Callable[[Candidate, Measurement], tuple[Plane, ...]]:
    """Pictures of the singular values of each network between its levels, on linear and on logarithmic axes."""

    def pictures(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
        levels, paths = np.asarray(measured.given["levels"]), []
        for row, label in enumerate(labels[:MOST]):
            ends = levels[row]
            places = np.linspace(ends[0], ends[-1], PLACES)
            lines = _between(places, fraction(candidate, row, places))
            paths.append(
                Path(label=label, group=row, theory=lines, measured=_between(ends, np.asarray(measured.values)[row]))
            )
        title, words = "Density of singular values", {"x_label": "singular value s", "y_label": "density"}
        shown = tuple(_positive(path) for path in paths)
        return (
            Plane(title=title, paths=tuple(paths), **words),
            Plane(title=f"{title}, logarithmic axes", paths=shown, log_x=True, log_y=True, **words),
        )

    return pictures


Points = tuple[tuple[float, ...], tuple[float, ...]]


def _between(places: np.ndarray, above: np.ndarray) -> Points:
    """Middles of neighbouring places, and what lies between them over their distance."""
    middles, density = (places[1:] + places[:-1]) / 2, -np.diff(above) / np.diff(places)
    return tuple(map(float, middles)), tuple(map(float, density))


def _positive(path: Path) -> Path:
    theory, measured = (
        tuple(zip(*((x, y) for x, y in zip(*points, strict=True) if y > 0), strict=True)) or ((), ())
        for points in (path.theory, path.measured)
    )
    return Path(label=path.label, group=path.group, theory=theory, measured=measured)
