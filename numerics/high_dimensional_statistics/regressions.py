"""Linear regressions with few examples for each parameter, by least squares and by least absolute deviations."""

from __future__ import annotations

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

AT_ONCE = 500  # regressions in memory


def absolute_deviations(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Parameters with the least sum of absolute residuals, by the dual linear program.

    Raises ArithmeticError if the program does not end well, or if its parameters leave another sum than it says.
    """
    from scipy.optimize import linprog  # takes a second to import

    found = linprog(-labels, A_eq=inputs.T, b_eq=np.zeros(inputs.shape[1]), bounds=(-1, 1), method="highs-ds")
    if found.status != 0:
        raise ArithmeticError(f"linear program: {found.message}")
    parameters = -np.asarray(found.eqlin.marginals)
    if abs(np.sum(np.abs(labels - inputs @ parameters)) + found.fun) > 1e-6 * abs(found.fun):
        raise ArithmeticError("the parameters are not those of the linear program")
    return parameters


def least_squares(inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Parameters with the least squares, for several regressions at once: (R, P, N) and (R, P) to (R, N)."""
    turned = np.swapaxes(inputs, 1, 2)
    return np.asarray(np.linalg.solve(turned @ inputs, turned @ labels[..., None])[..., 0])


def noises(kind: str, count: int, generator: np.random.Generator) -> np.ndarray:
    """Independent noise: "laplace" of mean absolute value 1, "uniform" and "gaussian" of variance 1."""
    if kind == "laplace":
        return generator.laplace(0.0, 1.0, count)
    if kind == "uniform":
        return generator.uniform(-1, 1, count) * np.sqrt(3)
    if kind == "gaussian":
        return generator.standard_normal(count)
    raise ValueError(f"noise of unknown kind {kind!r}")


def prediction_errors(
    *,
    examples: tuple[float, ...],
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    absolute: bool,
    noise: str = "laplace",
) -> Measurement:
    """Mean squared errors of predictions beyond the noise, for each number of `examples` per parameter; (examples,).

    `width` Gaussian inputs of variance 1 and as many parameters. The fit has the least squares or, with `absolute`, the
    least absolute deviations. Given: examples, whole numbers; parameters; variance of the noise. `device` is unused.
    """
    counts = [round(share * width) for share in examples]
    errors = np.empty((replicas, len(counts)))
    for column, count in enumerate(counts):
        generator = stream.child(column).generator()
        for some in np.array_split(np.arange(replicas), -(-replicas // AT_ONCE)):
            inputs = generator.standard_normal((len(some), count, width))
            noise_of = np.array([noises(noise, count, generator) for _ in some])
            truth = generator.standard_normal((len(some), width))
            labels = np.einsum("rpn,rn->rp", inputs, truth) + noise_of
            fitted = (
                np.array([absolute_deviations(*one) for one in zip(inputs, labels, strict=True)])
                if absolute
                else least_squares(inputs, labels)
            )
            errors[some, column] = np.sum((fitted - truth) ** 2, axis=1)
    given = {
        "examples": np.array(counts, dtype=float),
        "parameters": float(width),
        "variance": 2.0 if noise == "laplace" else 1.0,
    }
    return from_replicas(errors, axis=np.array(examples), given=given, resolution={"width": width})
