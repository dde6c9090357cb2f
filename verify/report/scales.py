"""Axes of the plots: when they are logarithmic, their labels as plain text, and powers of ten that are set apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axis import Axis

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain_decades(axis: Axis, scale: str, limits: np.ndarray) -> None:
    """Labels of a logarithmic axis as plain text: matplotlib's own are mathtext."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if scale != "log":
        return
    decades = float(np.log10(limits[1] / limits[0]))
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.5 else (1,), numticks=7))
    plain = limits[0] >= 1e-3 and limits[1] <= 1e5
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if plain else power(value)))
    axis.set_minor_formatter(NullFormatter())


def power(value: float) -> str:
    """A number as a power of ten with its factor."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    factor = f"{value / 10.0**exponent:.3g}"
    return f"{'' if factor == '1' else factor + '·'}10{str(exponent).translate(SUPERSCRIPT)}"


def bar(measured: np.ndarray, error: np.ndarray, logarithmic: bool) -> np.ndarray:
    """Error bars, (below, above); on a logarithmic axis they end above zero."""
    below = np.minimum(error, 0.9 * np.abs(np.nan_to_num(measured))) if logarithmic else error
    return np.stack([below, error])


def spans(values: np.ndarray, ratio: float) -> bool:
    """Whether positive values differ by this ratio."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() / finite.min() >= ratio)


def geometric(axis: np.ndarray) -> bool:
    """Whether the points are spread more evenly in the logarithm than in the value."""
    gaps, ratios = np.diff(axis), np.diff(np.log(axis))
    return bool(len(gaps) < 2 or np.std(ratios) / np.mean(ratios) < np.std(gaps) / np.mean(gaps))


def unit(values: np.ndarray) -> tuple[float, str]:
    """(power of ten to divide by, its text); 1 where plain numbers read well."""
    largest = float(np.nanmax(np.abs(values), initial=0.0))
    exponent = int(np.floor(np.log10(largest))) if largest > 0 else 0
    return (1.0, "") if -2 <= exponent <= 3 else (10.0**exponent, f" (×10{str(exponent).translate(SUPERSCRIPT)})")
