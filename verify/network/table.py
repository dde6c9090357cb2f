"""The answer of `rederive network`: rows, one for each operation, and what is to be said about them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

WIDE, SHOWN = 110, 40  # characters of a line, rows of the table that fit a screen


@dataclass(frozen=True, kw_only=True)
class Value:
    """A predicted and a measured number, and the error of their logarithm that finite width explains (three sigma).

    For correlations the error is absolute. None where a number does not exist.
    """

    predicted: float | None
    measured: float | None
    error: float | None

    @property
    def deviation(self) -> float | None:
        """Logarithm of measured over predicted; None where one of them is not positive."""
        if self.predicted is None or self.measured is None or min(self.predicted, self.measured) <= 0:
            return None
        return math.log(self.measured / self.predicted)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One operation of the model, in the order of the computation.

    fan_in, sigma_w2, sigma_b2   of its weights as they are: terms added up, fan_in times their variance, that of biases
    length       squared length per neuron behind it;  correlation  of two inputs
    gradient     mean squared derivative by a neuron, of an output with a unit Gaussian cotangent
    stretch      mean squared derivative of a neuron along a unit Gaussian direction of the input: fan-in of the whole
                 network in front times the mean square of the Jacobian's entries
    causes       why measured numbers differ from predicted ones, where they do
    """

    name: str
    operation: str
    fan_in: float | None
    sigma_w2: float | None
    sigma_b2: float | None
    length: Value
    correlation: Value
    gradient: Value
    stretch: Value
    causes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The layer and its operation, said once where they are the same."""
        return self.name if self.name == self.operation else f"{self.name} {self.operation}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something about the whole model: its kind, the layers that show it, a sentence, and its size as a factor."""

    kind: str
    layers: tuple[str, ...]
    sentence: str
    size: float | None = None


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Phase and depth scales of layers that have these weights and biases in front of this activation."""

    activation: str
    layers: int
    sigma_w: float
    sigma_b: float
    chi1: float | None
    q_star: float | None
    c_star: float | None
    phase: str | None
    xi_q: float | None
    xi_c: float | None
    xi_grad: float | None


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """Squared singular values of the whole model's Jacobian for one input, ascending; and of curvature matrices."""

    squared: tuple[float, ...]
    predicted_mean: float | None


@dataclass(frozen=True, kw_only=True)
class NetworkTable:
    """A model at initialization, measured and predicted."""

    model: str
    input_shape: tuple[int, ...]
    dtype: str
    parameters: int
    correlation: float
    pairs: int
    rows: tuple[Row, ...]
    scales: tuple[Scale, ...]
    findings: tuple[Finding, ...]
    spectrum: Spectrum | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON and for tables: numbers that do not exist are None."""
        return _finite(asdict(self))

    def __str__(self) -> str:
        return "\n".join(lines(self))

    __repr__ = __str__


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number(value: float | None, digits: int = 3) -> str:
    """A number in few characters; a dash where there is none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def lines(table: NetworkTable) -> list[str]:
    """The table as text that fits a screen: first and last rows where there are many, then the findings."""
    rows, count = table.rows, len(table.rows)
    half = SHOWN // 2
    chosen: list[Row | None] = list(rows) if count <= SHOWN else [*rows[:half], None, *rows[-half:]]
    text = [
        f"{table.model}: {table.parameters:,} parameters, input {'x'.join(map(str, table.input_shape))}, {table.dtype}",
        f"{'layer':22}{'operation':13}{'sigma_w2':>9} "
        f"{'length':>17} {'correlation':>13} {'gradient':>17} {'stretch':>17}",
    ]
    for row in chosen:
        if row is None:
            text.append(f"  ... {count - 2 * half} more rows: to_dict() has them all")
            continue
        cells = [f"{number(v.predicted)}/{number(v.measured)}" for v in (row.length, row.gradient, row.stretch)]
        turn = f"{number(row.correlation.predicted, 2)}/{number(row.correlation.measured, 2)}"
        head = f"{row.name[-21:]:22}{row.operation[:12]:13}{number(row.sigma_w2):>9}"
        text.append(f"{head} {cells[0]:>17} {turn:>13} {cells[1]:>17} {cells[2]:>17}")
    text.append("numbers are predicted/measured")
    text += [f"{finding.kind}: {finding.sentence}" for finding in table.findings]
    return text
