"""Deep networks of several kinds trained on digits side by side: how fast they learn from their initial weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.chain_rule import descend
from numerics.digits import standardised
from numerics.jacobian_spectrum.products import rotation
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream

CLASSES = 10
GUESS = float(np.log(CLASSES))  # the cross-entropy of a network that knows nothing
WINDOW = 8  # minibatches over which a loss is taken, just before a network learns from them


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Hidden layers of one kind: tanh or relu, Gaussian or orthogonal weights, of a gain."""

    activation: str
    orthogonal: bool
    gain: float

    def __post_init__(self) -> None:
        if self.activation not in ("tanh", "relu"):
            raise ValueError(f"no activation {self.activation!r}: tanh or relu")


@dataclass(frozen=True, kw_only=True)
class Training:
    """Plain stochastic gradient descent on the mean cross-entropy of minibatches, without biases, in single precision.

    width    neurons of every hidden layer
    batch    examples of a minibatch
    updates  of the weights
    """

    width: int
    batch: int
    updates: int

    def losses(
        self,
        *,
        kind: Kind,
        layers: int,
        rates: Sequence[float],
        replicas: int,
        stream: Stream,
        device: str,
        digits: tuple[np.ndarray, np.ndarray],
        last_only: bool = False,
    ) -> np.ndarray:
        """Cross-entropy of each minibatch before a network learns from it, (rates, replicas, updates).

        layers     of hidden weights between the first and the last matrix; networks of one replica have the same
                   weights and minibatches at all rates
        last_only  only the last matrix learns
        """
        torch = load_torch()
        place: dict[str, Any] = {"dtype": torch.float32, "device": resolve_device(device)}
        images, labels = torch.as_tensor(digits[0], **place), torch.as_tensor(digits[1], device=place["device"])
        generator, number = stream.generator(), len(rates)

        def repeated(tables: list[np.ndarray]) -> Any:
            return torch.as_tensor(np.array(tables), **place).repeat(number, 1, 1)

        def square() -> np.ndarray:
            if kind.orthogonal:
                return kind.gain * rotation(self.width, generator)
            return kind.gain * generator.standard_normal((self.width, self.width)) / np.sqrt(self.width)

        pixels = images.shape[1]
        first = [kind.gain * generator.standard_normal((pixels, self.width)) / np.sqrt(pixels) for _ in range(replicas)]
        last = [generator.standard_normal((self.width, CLASSES)) / np.sqrt(self.width) for _ in range(replicas)]
        weights = [repeated(first)]
        weights += [repeated([square() for _ in range(replicas)]) for _ in range(layers)]
        weights.append(repeated(last))
        step = -torch.as_tensor(np.repeat(rates, replicas), **place)[:, None, None]
        left = []
        for _ in range(self.updates):
            chosen = generator.integers(len(labels), size=(replicas, self.batch))
            rows = torch.as_tensor(chosen, device=place["device"]).repeat(number, 1)
            loss = descend(weights, images[rows], labels[rows], step, activation=kind.activation, last_only=last_only)
            means = loss.double().mean(dim=-1)
            left.append(torch.nan_to_num(means, nan=GUESS, posinf=GUESS).cpu().numpy())
        return np.array(left).T.reshape(number, replicas, self.updates)

    def final_losses(self, **experiment: Any) -> np.ndarray:
        """Mean cross-entropy of the last WINDOW minibatches, (rates, replicas); arguments as of `losses`."""
        found: np.ndarray = self.losses(**experiment)[:, :, -WINDOW:].mean(axis=2)
        return found


def by_device(
    *,
    processor: Callable[..., Measurement],
    gpu: Callable[..., Measurement],
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
) -> Measurement:
    """One experiment on the processor, and a larger one where PyTorch has a GPU to compute on."""
    load_torch()
    run = gpu if resolve_device(device) == "cuda" else processor
    return run(replicas=replicas, stream=stream, device=device, data=data)


def lead_in_loss(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    training: Training,
    pairs: Sequence[tuple[Kind, Kind]],
    layers: int,
    constants: Sequence[float],
) -> Measurement:
    """By how much the loss of the second of two kinds exceeds that of the first after all updates.

    constants  learning rates times the number of layers; each kind is taken at the best of them

    Values (pairs,): differences of the mean cross-entropy of the last WINDOW minibatches. Given: "loss", of every
    kind in the order of appearance at its best rate, and "layers".
    """
    digits, kinds = standardised(data), list(dict.fromkeys(kind for pair in pairs for kind in pair))
    rates, best = [c / layers for c in constants], {}
    for number, kind in enumerate(kinds):
        found = training.final_losses(
            kind=kind,
            layers=layers,
            rates=rates,
            replicas=replicas,
            stream=stream.child(number),
            device=device,
            digits=digits,
        )
        best[kind] = found[int(np.argmin(found.mean(axis=1)))]
    samples = np.stack([best[other] - best[one] for one, other in pairs], axis=1)
    given = {"loss": np.array([best[kind].mean() for kind in kinds]), "layers": float(layers)}
    return from_replicas(samples, given=given, resolution={"width": training.width, "updates": training.updates})


def sublinear_time(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    training: Training,
    kind: Kind,
    depths: Sequence[int],
    constant: float,
    level: float,
) -> Measurement:
    """One less the exponent with which the updates to a loss grow with the number of layers.

    constant  learning rate times the number of layers
    level     cross-entropy of WINDOW minibatches; where it is not reached the number of all updates counts

    Values (1,). Given: depths, "updates", the mean number of updates at each, and "updates_error", its standard error.
    """
    digits, times = standardised(data), []
    for layers in depths:
        found = training.losses(
            kind=kind,
            layers=layers,
            rates=[constant / layers],
            replicas=replicas,
            stream=stream.child(layers),
            device=device,
            digits=digits,
        )[0]
        means = np.lib.stride_tricks.sliding_window_view(found, WINDOW, axis=1).mean(axis=2)
        times.append([_crossing(row, level) for row in means])
    slope = np.polyfit(np.log(depths), np.log(np.array(times, dtype=float)), 1)[0]
    errors = np.std(times, axis=1, ddof=1) / np.sqrt(replicas)
    given = {"depths": np.array(depths, dtype=float), "updates": np.mean(times, axis=1), "updates_error": errors}
    return from_replicas((1 - slope)[:, None], given=given, resolution={"width": training.width})


def falling_rate(
    *,
    replicas: int,
    stream: Stream,
    device: str,
    data: Path | None,
    training: Training,
    kind: Kind,
    depths: Sequence[int],
    rates: Sequence[float],
    last_only: bool = False,
) -> Measurement:
    """The exponent with which the best learning rate falls with the number of matrices, less one half.

    rates      in a geometric series, the same at all depths; between them the best one is where a parabola through the
               smallest loss and its neighbours is least, over the logarithm of the rate
    last_only  only the last matrix learns

    The loss is that of the last WINDOW minibatches. Values (1,). Given: "depths" (matrices), "rate", the geometric
    mean of the best rates at each, and "rate_error", its standard error.
    """
    digits, best = standardised(data), []
    for layers in depths:
        found = training.final_losses(
            kind=kind,
            layers=layers,
            rates=rates,
            replicas=replicas,
            stream=stream.child(layers),
            device=device,
            digits=digits,
            last_only=last_only,
        )
        best.append([_lowest(np.log(rates), np.log(column)) for column in found.T])
    matrices = np.array(depths, dtype=float) + 2
    slope = np.polyfit(np.log(matrices), np.array(best), 1)[0]
    middle, errors = np.mean(best, axis=1), np.std(best, axis=1, ddof=1) / np.sqrt(replicas)
    given = {"depths": matrices, "rate": np.exp(middle), "rate_error": np.exp(middle) * errors}
    return from_replicas((-slope - 0.5)[:, None], given=given, resolution={"width": training.width})


def _lowest(places: np.ndarray, values: np.ndarray) -> float:
    """Where a parabola through the least of equally spaced values and its neighbours is least; an end if that is."""
    k = int(np.argmin(values))
    if k in (0, len(values) - 1):
        return float(places[k])
    left, middle, right = values[k - 1 : k + 2]
    return float(places[k] + (places[1] - places[0]) * (left - right) / (left - 2 * middle + right) / 2)


def _crossing(losses: np.ndarray, level: float) -> float:
    """The number of the window at which a loss first falls to the level, interpolated; the last one if it does not."""
    reached = losses <= level
    if not reached.any():
        return len(losses) + WINDOW + losses[-1] - level  # the better of two that do not is counted a little less
    k = int(reached.argmax())
    if k == 0:
        return float(WINDOW) - (level - losses[0])
    before, now = losses[k - 1], losses[k]
    return WINDOW + k - 1 + float((before - level) / (before - now))
