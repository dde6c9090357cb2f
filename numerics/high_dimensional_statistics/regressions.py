"""Linear regressions with few examples for each parameter, by least squares and by least absolute deviations."""

from __future__ import annotations

import numpy as np

from numerics.controls import controlled
from numerics.high_dimensional_statistics.least_deviations import least_deviations
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

AT_ONCE = 500  # regressions in memory


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
    least absolute deviations, whose errors are told less what fluctuates with those of least squares on the same data,
    beyond their mean over the noise at these inputs. Given: examples, whole numbers; parameters; variance of the noise.
    `device` is unused.
    """
    counts = [round(share * width) for share in examples]
    errors, beside = np.empty((replicas, len(counts))), np.empty(replicas)
    variance = 2.0 if noise == "laplace" else 1.0
    for column, count in enumerate(counts):
        generator = stream.child(column).generator()
        for some in np.array_split(np.arange(replicas), -(-replicas // AT_ONCE)):
            inputs = generator.standard_normal((len(some), count, width))
            noise_of = np.array([noises(noise, count, generator) for _ in some])
            truth = generator.standard_normal((len(some), width))
            labels = np.einsum("rpn,rn->rp", inputs, truth) + noise_of
            errors[some, column] = np.sum((least_squares(inputs, labels) - truth) ** 2, axis=1)
            if absolute:
                spread = np.linalg.inv(np.swapaxes(inputs, 1, 2) @ inputs)
                beside[some] = errors[some, column] - variance * np.trace(spread, axis1=1, axis2=2)
                errors[some, column] = np.sum((least_deviations(inputs, labels) - truth) ** 2, axis=1)
        if absolute:
            errors[:, column] = controlled(errors[:, column], beside[:, None])
    given = {
        "examples": np.array(counts, dtype=float),
        "parameters": float(width),
        "variance": variance,
    }
    return from_replicas(errors, axis=np.array(examples), given=given, resolution={"width": width})
