"""Pictures of spectra: densities over histograms, on linear and on logarithmic axes, as on the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from numerics.measurement import Measurement
from numerics.solvers.spectrum import Spectrum
from verify.compile import Candidate
from verify.evidence import Path, Plane
from verify.references.finite_depth import above

BINS, PLACES = 24, 160  # of a histogram; at which a density is drawn
FAINTEST = 0.02  # of the largest singular value, where logarithmic axes begin
ATOM = 4.0  # times the density that nine of ten places have at most, from which on an atom is taken to be there
EQUAL = 1e-9  # relative difference of singular values that is one of rounding
MOST = 4  # networks in one picture
Fraction = Callable[[Candidate, int, np.ndarray], np.ndarray]  # formula, network, levels -> fraction above each
Points = tuple[tuple[float, ...], tuple[float, ...]]


def densities(
    labels: Sequence[str], fraction: Fraction, marks: tuple[tuple[float, str], ...] = ()
) -> Callable[[Candidate, Measurement], tuple[Plane, ...]]:
    """Pictures of the singular values that an experiment kept of each network, over the density by the formula.

    marks  (place, what is there) of vertical lines; where all singular values of a network are equal, their bar is a
           point, and a mark says what it is
    """

    def pictures(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
        kept, planes = np.asarray(measured.given["kept"]), []
        for words, log in (("", False), (", logarithmic axes", True)):
            paths = []
            for row, label in enumerate(labels[:MOST]):
                largest = float(np.max(kept[row]))
                ends = (FAINTEST * largest, largest) if log else (0.0, largest)
                spaced = np.geomspace if log else np.linspace
                edges, places = spaced(*ends, BINS + 1), spaced(max(ends[0], FAINTEST * largest), ends[1], PLACES)
                counted = np.searchsorted(np.sort(-kept[row]), -edges) / len(kept[row])
                if np.ptp(kept[row]) < EQUAL * largest:
                    if log:  # on linear axes a bar so high would hide the others
                        paths.append(Path(label=label, group=row, measured=((largest,), (BINS / largest,))))
                    continue
                lines, points = _between(places, fraction(candidate, row, places)), _between(edges, counted)
                paths.append(Path(label=label, group=row, theory=lines, measured=points))
            title = f"Density of singular values{words}"
            name = "singular value s"
            plane = Plane(title=title, x_label=name, y_label="density", paths=tuple(paths), log_x=log, log_y=log)
            planes.append(replace(plane, marks=marks))
        return tuple(planes)

    return pictures


def densities_of_laws(
    labels: Sequence[str], laws: Callable[[], Sequence[Spectrum]], marks: tuple[tuple[float, str], ...] = ()
) -> Callable[[Candidate, Measurement], tuple[Plane, ...]]:
    """The same over the densities of laws that the spectrum solver has: what a formula of moments says nothing of."""
    return densities(labels, lambda candidate, row, levels: above(laws()[row], levels), marks)


def _between(places: np.ndarray, above: np.ndarray) -> Points:
    """Middles of neighbouring places and what lies between them over their distance, where it is more than nothing.

    Places beside an atom, which has no density, are left out.
    """
    middles, density = (places[1:] + places[:-1]) / 2, -np.diff(above) / np.diff(places)
    some = (density > 0) & (density < ATOM * np.quantile(density, 0.9))
    return tuple(middles[some].tolist()), tuple(density[some].tolist())
