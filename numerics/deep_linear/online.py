"""One pass of stochastic gradient descent, example after example: how much the weights of a small network change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement
from numerics.streams import Stream

HIDDEN, INPUTS = 2, 2


def one_pass(
    *,
    examples: Sequence[int],
    step: float,
    stream: Stream,
    device: str,
) -> Measurement:
    """Present every example once, in order, to a linear network of two inputs, two hidden neurons and one output.

    examples  number of examples of each data set; inputs are uniform (not Gaussian), correlated and not centred,
              outputs are random
    step      learning rate; the loss of an example is half its squared error
    Values    (data sets, 6): change per presentation, over the learning rate, of the weights of the first layer (row by
              row) and of the second.
    Given     first (D, 2, 2) and second (D, 2), the weights before; inputs (D, 2, 2) and cross (D, 2), the sums of
              x x^T and y x^T; examples (D,); learning_rate.
    Raises ValueError for a step that is not positive or an empty data set.
    """
    if step <= 0 or min(examples) < 1:
        raise ValueError(f"the step must be positive and no data set empty, not {step} and {tuple(examples)}")
    torch = load_torch()
    place = {"dtype": torch.float64, "device": resolve_device(device)}
    rows = []
    given: dict[str, list] = {"first": [], "second": [], "inputs": [], "cross": []}
    for number, count in enumerate(examples):
        generator = stream.child(number).generator()
        x = generator.uniform(-0.4, 0.9, (count, INPUTS)) @ np.array([[1.0, 0.3], [0.0, 0.8]])
        y = generator.uniform(-1.0, 1.5, count) + x @ generator.standard_normal(INPUTS)
        first = generator.standard_normal((HIDDEN, INPUTS))
        second = generator.standard_normal(HIDDEN)
        weights = [torch.tensor(w, **place).requires_grad_() for w in (first, second)]
        for x_mu, y_mu in zip(torch.tensor(x, **place), torch.tensor(y, **place), strict=True):
            loss = (y_mu - weights[1] @ (weights[0] @ x_mu)) ** 2 / 2
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight -= step * gradient
        after = [w.detach().cpu().numpy() for w in weights]
        change = np.concatenate([(after[0] - first).ravel(), after[1] - second])
        rows.append(change / count / step)
        for name, value in zip(given, (first, second, x.T @ x, y @ x), strict=True):
            given[name].append(value)
    facts: dict[str, np.ndarray | float] = {name: np.array(values) for name, values in given.items()}
    facts |= {"examples": np.array(examples, dtype=float), "learning_rate": step}
    return Measurement(values=np.stack(rows), given=facts, resolution={"step": step})
