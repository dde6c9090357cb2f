"""A network with two inputs, four hidden neurons and one output, with the weights of the multiplication gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement
from numerics.streams import Stream

INPUT_WEIGHTS = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])  # one row a hidden neuron
OUTPUT_SIGNS = np.array([[1.0, 1.0, -1.0, -1.0]])

Activation = Callable[[np.ndarray], np.ndarray]


def forward(inputs: np.ndarray, activation: Activation, bias: float, curvature: float, scale: float) -> np.ndarray:
    """Outputs, shape (P,), of the network at `inputs`, shape (P, 2).

    Input weights are INPUT_WEIGHTS times `scale`, output weights OUTPUT_SIGNS / (8 curvature scale^2), with `curvature`
    half the second derivative of the activation at the bias of the hidden neurons.
    """
    if curvature == 0:
        raise ValueError("the output weights are infinite: the activation has no second derivative at this bias")
    hidden = activation(inputs @ (scale * INPUT_WEIGHTS).T + bias)
    return (hidden @ (OUTPUT_SIGNS / (8 * curvature * scale**2)).T)[:, 0]


def gate_sweep(
    *,
    step: float,
    stream: Stream,
    device: str,
    activations: Sequence[Activation],
    biases: Sequence[float],
    curvatures: Sequence[float],
    count: int = 12,
) -> Measurement:
    """Outputs of the network with input weights of scale `step`, and how they change when the scale is halved.

    One network for each of the A activations. The first input runs over `count` values along the axis, the second is
    drawn for each. Values, shape (A, 2, count): the output, and (output at step - output at step/2) divided by
    (3/4) step^2. Deterministic up to rounding, about 1e-16 / step^4.
    Given: first (count,) and second (A, count), the two inputs; biases (A,) of the hidden neurons.
    """
    _check(step, count)
    if not len(activations) == len(biases) == len(curvatures) > 0:
        raise ValueError("each activation needs one bias and one curvature")
    first = np.linspace(-0.95, 0.93, count)
    second = stream.child("second input").generator().uniform(0.3, 1.1, (len(activations), count))
    rows = []
    for k, (activation, bias, curvature) in enumerate(zip(activations, biases, curvatures, strict=True)):
        inputs = np.stack([first, second[k]], axis=1)
        whole, half = (forward(inputs, activation, bias, curvature, s) for s in (step, step / 2))
        rows.append([whole, (whole - half) / (0.75 * step**2)])
    return Measurement(
        values=np.array(rows),
        axis=first,
        given={"first": first, "second": second, "biases": np.asarray(biases)},
        resolution={"step": step},
    )


def trained_gate(
    *,
    step: float,
    stream: Stream,
    device: str,
    activation: Callable,
    bias: float,
    curvature: float,
    examples: int = 21,
    iterations: int = 1000,
) -> Measurement:
    """Train the network to multiply, starting at the gate, with input weights held at scale `step`.

    Full-batch least squares (damped Gauss-Newton, exact Jacobian) over the four hidden biases, the four output weights
    and the output bias. The batch are `examples` random points of the square |u|, |v| < 1 with their images under
    u -> -u, v -> -v and u <-> v. `activation` takes a torch tensor. Values: mean trained bias, largest distance of a
    bias from that mean, root mean square error over step^2 before and after training, and the output at a point
    outside the batch. Given: batch (8 examples, 2), the points; other (2,), the point outside; bias at the start.
    """
    _check(step, examples)
    torch = load_torch()
    where = resolve_device(device)
    draw = stream.child("batch").generator().uniform(-1, 1, (examples, 2))
    batch = np.concatenate([draw, draw[:, ::-1]])
    batch = np.concatenate([batch * signs for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1])])
    other = stream.child("other point").generator().uniform(0.3, 0.9, (1, 2))

    def tensor(array: np.ndarray) -> Any:
        return torch.as_tensor(np.array(array), dtype=torch.float64, device=where)

    weights, inputs, target = tensor(step * INPUT_WEIGHTS), tensor(batch), tensor(batch[:, 0] * batch[:, 1])

    def output(theta, points):
        hidden = activation(points @ weights.T + theta[..., :4])
        return (hidden * theta[..., 4:8]).sum(dim=-1) / step**2 + theta[..., 8]

    def slope(theta):
        each = theta.expand(len(inputs), -1).clone().requires_grad_()  # parameters of its own for every point
        (rows,) = torch.autograd.grad(output(each, inputs).sum(), [each])
        return rows

    start = np.concatenate([np.full(4, bias), OUTPUT_SIGNS[0] / (8 * curvature), [0.0]])
    theta, before, after = _gauss_newton(torch, lambda p: output(p, inputs) - target, slope, tensor(start), iterations)
    found = theta[:4].cpu().numpy()
    elsewhere = float(output(theta, tensor(other[0])))
    spread = float(np.max(np.abs(found - found.mean())))
    return Measurement(
        values=np.array([found.mean(), spread, before / step**2, after / step**2, elsewhere]),
        given={"batch": batch, "other": other[0], "bias": bias},
        resolution={"step": step, "examples": float(len(batch))},
    )


def _gauss_newton(
    torch: Any, residual: Callable, jacobian: Callable, theta: Any, iterations: int
) -> tuple[Any, float, float]:
    """Parameters of least mean square residual, and the root mean squares at the start and at the end.

    Levenberg's damping, scaled by the columns of the Jacobian. Raises RuntimeError if the steps do not become small.
    """
    damping, current = 1e-3, residual(theta)
    error = first = float(current.square().mean())
    nothing = torch.zeros_like(theta)
    for _ in range(iterations):
        slope = jacobian(theta)
        while True:
            stacked = torch.cat([slope, damping * torch.diag(slope.norm(dim=0))])
            move = torch.linalg.lstsq(stacked, torch.cat([-current, nothing])[:, None]).solution[:, 0]
            trial = residual(theta + move)
            if float(move.abs().max()) < 1e-10 * float(theta.abs().max()):
                return theta, first**0.5, error**0.5
            if float(trial.square().mean()) < error:
                break
            damping *= 3
        theta, current, error, damping = theta + move, trial, float(trial.square().mean()), damping / 10
    raise RuntimeError(f"training did not converge in {iterations} iterations")


def _check(step: float, count: int) -> None:
    if not step > 0:
        raise ValueError(f"the scale of the input weights must be positive, not {step}")
    if count < 2:
        raise ValueError("at least two points are needed")
