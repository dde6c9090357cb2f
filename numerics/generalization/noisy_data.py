"""Singular values and directions of training data that a teacher of rank one produced, with noisy labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import get_lapack_funcs

from numerics.backend import load_torch, resolve_device
from numerics.controls import controlled
from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream

SINGLE = np.float32  # 1e-6 of a mode, where means over data sets are known to 1e-3


def data_modes(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    teachers: Sequence[tuple[float, float]],
    examples_per_input: float,
) -> Measurement:
    """Largest singular value of sum_mu y x^T, and how far its directions overlap with those of the teacher.

    width     number N_1 of inputs
    teachers  pairs (singular value, outputs per input), one a row of values
    Every replica has a fresh teacher y = W x of one hidden neuron, fresh whitened inputs (sum of x x^T is the unit
    matrix) and label noise of variance 1 / N_1. Values (teachers, 3): singular value, (u^T ubar)^2 of outputs and
    (v^T vbar)^2 of inputs. Given, one entry a teacher: teacher, ratio. Raises what `training_data` raises.
    """
    torch, place = load_torch(), resolve_device(device)
    samples = []
    for number, (strength, ratio) in enumerate(teachers):
        inputs, labels, (u, v) = training_data(
            width=width,
            strength=strength,
            ratio=ratio,
            replicas=replicas,
            examples_per_input=examples_per_input,
            generator=stream.child(number).generator(),
            place=place,
            dtype=SINGLE,
        )
        correlation = labels @ inputs.mT
        largest, left, right = largest_mode(correlation)
        overlaps = [(left * u[..., 0]).sum(dim=1) ** 2, (right * v[..., 0]).sum(dim=1) ** 2]
        found = torch.stack([largest, *overlaps], dim=1).double().cpu().numpy()
        samples.append(controlled(found, noise_controls(correlation - strength * u @ v.mT, u, v)))
    strengths, ratios = (np.array(column, dtype=float) for column in zip(*teachers, strict=True))
    return from_replicas(
        np.stack(samples, axis=1), given={"teacher": strengths, "ratio": ratios}, resolution={"width": width}
    )


def largest_mode(correlation: Any) -> tuple[Any, Any, Any]:
    """Largest singular values, (replicas,), and their directions in outputs and in inputs.

    From the last eigenvector of the smaller of C C^T and C^T C; correlation (replicas, outputs, inputs).
    """
    outputs, inputs = correlation.shape[-2:]
    rows = correlation if outputs <= inputs else correlation.mT
    squares, short = _last_eigenvectors(rows @ rows.mT)
    value = squares.sqrt()
    long = (rows.mT @ short[..., None])[..., 0] / value[:, None]
    return (value, short, long) if outputs <= inputs else (value, long, short)


def leading_modes(correlation: Any, most: int) -> tuple[Any, Any, Any]:
    """The `most` largest modes, all where there are not as many: left (R, N_3, K), values (R, K) and right (R, K, N_1).

    A single one is found without the others.
    """
    if most == 1:
        value, left, right = largest_mode(correlation)
        return left[..., None], value[:, None], right[:, None]
    left, values, right = load_torch().linalg.svd(correlation, full_matrices=False)
    return left[..., :most], values[:, :most], right[:, :most]


def _last_eigenvectors(matrices: Any) -> tuple[Any, Any]:
    """Largest eigenvalues (R,) of symmetric matrices (R, n, n), and their eigenvectors (R, n).

    On a processor LAPACK leaves out the other eigenvectors, which take most of the time.
    """
    torch, size = load_torch(), matrices.shape[-1]
    if matrices.device.type != "cpu":
        values, vectors = torch.linalg.eigh(matrices)
        return values[:, -1], vectors[..., -1]
    syevr = get_lapack_funcs("syevr", (matrices.numpy(),))
    found = [syevr(matrix, range="I", il=size, iu=size) for matrix in matrices.numpy()]
    values, vectors = np.array([w[0] for w, *_ in found]), np.array([z[:, 0] for _, z, *_ in found])
    return torch.as_tensor(values), torch.as_tensor(vectors)


def noise_controls(noise: Any, u: Any, v: Any) -> np.ndarray:
    """Functions of the noise in the correlation that move what is measured, less their means, (replicas, 8).

    noise  (replicas, outputs, inputs), independent normal entries of variance 1 / inputs
    u, v   the teacher's directions, (replicas, outputs, 1) and (replicas, inputs, 1), independent of it
    """
    outputs, inputs = noise.shape[-2:]
    ratio = outputs / inputs
    onto, back = noise @ v, noise.mT @ u
    further, gram = noise @ back, noise @ noise.mT if outputs <= inputs else noise.mT @ noise
    between, cubic = (u * onto).sum(dim=(1, 2)), (further * onto).sum(dim=(1, 2))
    controls = [
        between,
        between**2 - 1 / inputs,
        (onto**2).sum(dim=(1, 2)) - ratio,
        (back**2).sum(dim=(1, 2)) - 1,
        cubic,
        (further**2).sum(dim=(1, 2)) - (1 + ratio + 1 / inputs),
        (noise**2).sum(dim=(1, 2)) / inputs - ratio,
        (gram**2).sum(dim=(1, 2)) / inputs - ratio * (1 + ratio + 1 / inputs),
    ]
    return np.asarray(load_torch().stack(controls, dim=1).double().cpu().numpy())


def training_data(
    *,
    width: int,
    strength: float,
    ratio: float,
    replicas: int,
    examples_per_input: float,
    generator: np.random.Generator,
    place: str,
    dtype: type[np.floating] = np.float64,
) -> tuple[Any, Any, tuple[Any, Any]]:
    """Examples from a teacher of one hidden neuron: white inputs, and labels with noise of variance 1 / width.

    Returns inputs (replicas, width, P), labels (replicas, outputs, P) and the teacher's unit directions, outputs
    (replicas, outputs, 1) and inputs (replicas, width, 1). Raises ValueError where the number of outputs is no whole
    number, or the examples do not span the inputs.
    """
    torch = load_torch()
    examples, outputs = round(examples_per_input * width), round(ratio * width)
    if examples < width:
        raise ValueError(f"{examples} examples do not span {width} inputs")
    if abs(outputs - ratio * width) > 1e-9 or outputs < 1:
        raise ValueError(f"{ratio} outputs per input are no whole number at {width} inputs")

    def draw(*shape: int) -> Any:
        return torch.as_tensor(normal(generator, replicas, *shape, dtype=dtype), device=place)

    inputs = torch.linalg.qr(draw(examples, width))[0].mT
    u, v = (torch.nn.functional.normalize(draw(size, 1), dim=1) for size in (outputs, width))
    return inputs, strength * u @ (v.mT @ inputs) + draw(outputs, examples) / width**0.5, (u, v)
