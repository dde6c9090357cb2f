"""Ensembles of networks that learn a few examples from random starts, in their last layers only or whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.measurement import Measurement, from_replicas
from numerics.normal import normal
from numerics.streams import Stream
from numerics.wide_training.function_space import Flow

Function = Callable[[Any], Any]
CHUNK = 2**18  # hidden activities of all networks that are worked on at once


def trained_last_layers(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    network: tuple[Function, float, float],
    widths: Sequence[int],
    inputs: Sequence[Sequence[float]],
    targets: Sequence[float],
    heads: int,
    times: tuple[float, ...],
    step: float,
    tau: float,
) -> Measurement:
    """Mean outputs, and covariances for the new inputs, of last layers that learn above the same features.

    network   activation (of a tensor), sigma_w, sigma_b; NTK parametrization
    widths    of the hidden layers, which are drawn once and do not learn
    inputs    the examples, then the new inputs, each with its entries; `targets` are those of the examples
    heads     last layers of a replica
    times     at which outputs are taken; `step` is the longest step of the method of Runge and Kutta, over tau
    tau       time scale: tau d theta / dt is minus the gradient of half the sum of the squared errors

    Values have shape (inputs + pairs, times): means, then covariances for the pairs of new inputs, in the order of an
    upper triangle. Given: covariance (mean products of outputs at the start for these features, (inputs, inputs)),
    targets, tau.
    """
    signal = np.array(inputs).T
    flow = Flow(network, widths, signal, len(signal), device, outputs=replicas * heads, frozen=len(widths))
    generator, tensor = stream.child("features").generator(), flow.torch.as_tensor
    for before, after in zip(flow.sizes, widths, strict=False):
        hidden = (
            normal(generator, 1, after, before, dtype=np.float32),
            normal(generator, 1, after, 1, dtype=np.float32),
        )
        flow.parameters += [tensor(part, device=flow.device) for part in hidden]
    drawn = [normal(stream.child(k).generator(), heads, widths[-1] + 1, dtype=np.float32) for k in range(replicas)]
    last = np.concatenate(drawn)[None]
    features = flow.features(flow.parameters).double().cpu().numpy()[0]
    flow.parameters += [tensor(part, device=flow.device) for part in (last[..., :-1], last[..., -1:])]
    found = np.array([flow.outputs() for _ in flow.until(times, step, np.array(targets), tau)])
    _, weight, bias = network
    return from_replicas(
        _moments(found.reshape(len(times), replicas, heads, 1, -1), len(targets)),
        axis=np.array(times),
        given={
            "covariance": bias**2 + weight**2 / widths[-1] * features.T @ features,
            "targets": np.array(targets),
            "tau": tau,
        },
        resolution={"step": step},
    )


def trained_networks(
    *,
    width: int,
    replicas: int,
    stream: Stream,
    device: str,
    network: tuple[Function, float, float],
    inputs: Sequence[Sequence[float]],
    targets: Sequence[float],
    groups: int,
    times: tuple[float, ...],
    step: float,
    tau: float,
) -> Measurement:
    """The same of whole networks with one hidden layer, all of whose parameters learn.

    groups   of networks in a replica, two at least. Each network alone is as if drawn at random; corresponding neurons
             of the hidden layers of a group have orthogonal or opposite weights, and so have the last layers above a
             hidden one

    Further arguments and values are those of `trained_last_layers`. Given: products (mean products of entries of the
    inputs), targets, tau.
    """
    signal = np.array(inputs).T
    flow = OneHiddenLayer(network, (width,), signal, len(signal), device)
    above, found = 4 * (width + 1) * (len(signal) + 1), []
    most = max(1, CHUNK // (groups * above * width * len(inputs)))
    for begin in range(0, replicas, most):
        kept = [stream.child(k).generator() for k in range(begin, min(begin + most, replicas))]
        hidden = np.concatenate([_hidden_layers(generator, groups, width, len(signal) + 1) for generator in kept])
        last = np.concatenate([orthogonal(generator, len(hidden) // len(kept), width + 1) for generator in kept])
        flow.set_up(np.repeat(hidden, last.shape[1], axis=0), last.reshape(-1, width + 1))
        rows = [flow.outputs() for _ in flow.until(times, step, np.array(targets), tau)]
        found.append(np.array(rows).reshape(len(times), len(kept), groups, above, -1))
    return from_replicas(
        _moments(np.concatenate(found, axis=1), len(targets)),
        axis=np.array(times),
        given={"products": signal.T @ signal / len(signal), "targets": np.array(targets), "tau": tau},
        resolution={"width": width, "step": step},
    )


class OneHiddenLayer(Flow):
    """Many narrow networks: neurons of one input lie next to each other in memory, which is faster."""

    def set_up(self, hidden: np.ndarray, last: np.ndarray) -> None:
        """Start from these weights with biases, (networks, neurons, inputs + 1) and (networks, neurons + 1)."""
        parts = (np.moveaxis(hidden[..., :-1], -1, 0), hidden[..., -1], last[..., :-1], last[..., -1])
        self.parameters = [self.torch.as_tensor(part.astype(np.float32), device=self.device) for part in parts]

    def fields(self, parameters: Sequence[Any], first: int | None = None) -> Any:
        """Outputs of all networks for the first inputs, or all of them, (networks, inputs)."""
        weight, bias, last, offset = parameters
        below = self.signal[:, :first].T @ weight.flatten(1)
        below = self.phi(self.scales[0] * below + self.sigma_b * bias.flatten()).reshape(-1, *last.shape)
        return (self.scales[1] * (below * last).sum(-1) + self.sigma_b * offset).T


def orthogonal(generator: np.random.Generator, count: int, size: int) -> np.ndarray:
    """Normal vectors of this size, (count, 2 size, size): orthogonal ones, and those of opposite sign."""
    directions, triangle = np.linalg.qr(generator.standard_normal((count, size, size)))
    directions *= np.sign(np.diagonal(triangle, axis1=1, axis2=2))[:, None]  # else some are more likely than others
    lengths = np.sqrt(generator.chisquare(size, (count, size)))
    vectors = np.swapaxes(directions * lengths[:, None], 1, 2)
    return np.concatenate([vectors, -vectors], axis=1)


def _hidden_layers(generator: np.random.Generator, groups: int, width: int, size: int) -> np.ndarray:
    """Layers of which corresponding neurons of a group are orthogonal or opposite, (groups * 2 size, width, size)."""
    neurons = orthogonal(generator, groups * width, size).reshape(groups, width, 2 * size, size)
    return np.swapaxes(neurons, 1, 2).reshape(-1, width, size)


def _moments(outputs: np.ndarray, examples: int) -> np.ndarray:
    """Means of all outputs and covariances of new ones, (replicas, rows, times), both unbiased.

    From outputs of shape (times, replicas, groups, networks, inputs), where groups are independent.
    """
    groups = outputs.mean(axis=3)
    mean, count = groups.mean(axis=2), groups.shape[2]
    one, other = (index + examples for index in np.triu_indices(outputs.shape[-1] - examples))
    products = np.mean(outputs[..., one] * outputs[..., other], axis=(2, 3))
    apart = groups - mean[:, :, None]
    spread = np.sum(apart[..., one] * apart[..., other], axis=2) / (count * (count - 1))
    return np.moveaxis(np.concatenate([mean, products - mean[..., one] * mean[..., other] + spread], axis=-1), 0, 2)
