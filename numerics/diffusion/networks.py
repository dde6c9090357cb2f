"""Diffusion models whose reverse steps are networks that learn mean and variance, many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.streams import Stream


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Size of the networks, their chain, and how they are trained.

    hidden       neurons in each of two hidden layers
    frequencies  of the sines and cosines of each coordinate that a network is given beside the coordinate itself
    steps        of the chain; squared amplitudes of the signal fall like a squared cosine, each step adds at most 0.6
    updates      of all weights, with Adam on `batch` pairs of a datum and a step
    rate         learning rate at the start; it falls linearly to zero
    """

    hidden: int
    frequencies: tuple[float, ...]
    steps: int
    updates: int
    batch: int
    rate: float = 0.01

    @property
    def betas(self) -> np.ndarray:
        """Variance that each step adds."""
        squares = np.cos(np.pi / 2 * (np.arange(self.steps + 1) / self.steps + 0.01) / 1.01) ** 2
        return np.minimum(1 - squares[1:] / squares[:-1], 0.6)


class Steps(NamedTuple):
    """What is known of steps of the chain, each (steps, 1), or (..., 1) for steps that are picked.

    signal, noise   amplitudes of datum and noise in x after the step
    kept, added     what the mean of the reverse step has of x, and less of the noise in x
    datum, place    what the mean of the reverse step with a known datum has of this and of x; for the first, the datum
    posterior       variance of that step; zero for the first
    least           of the log variances that are learned: that of the posterior;  span  to that of the step forwards
    offset          part of the terms of the bound that no network changes
    time            the step's number over that of all, its sine and its cosine, (..., 3)
    """

    signal: Any
    noise: Any
    kept: Any
    added: Any
    datum: Any
    place: Any
    posterior: Any
    least: Any
    span: Any
    offset: Any
    time: Any

    @classmethod
    def of(cls, betas: np.ndarray) -> np.ndarray:
        """The table of a chain, (steps, numbers), from the variance that each step adds."""
        left, number = np.cumprod(1 - betas), np.arange(1, len(betas) + 1) / len(betas)
        before = np.concatenate([[1.0], left[:-1]])
        first, gone = np.arange(len(betas)) == 0, np.maximum(1 - before, 1e-6)
        # Variance of the step before, given the datum and this step: precisions of the two kernels are added.
        posterior = 1 / (1 / gone + (1 - betas) / betas)
        least = np.log(np.maximum(posterior, 1e-4))
        columns = (
            np.sqrt(left),
            np.sqrt(1 - left),
            1 / np.sqrt(1 - betas),
            betas / np.sqrt((1 - left) * (1 - betas)),
            np.where(first, 1.0, posterior * np.sqrt(before) / gone),
            np.where(first, 0.0, posterior * np.sqrt(1 - betas) / betas),
            np.where(first, 0.0, posterior),
            least,
            np.log(betas) - least,
            np.where(first, np.log(2 * np.pi), -np.log(posterior) - 1),
        )
        return np.stack([*columns, number, np.sin(np.pi * number), np.cos(np.pi * number)], axis=1)

    @classmethod
    def picked(cls, table: Any, step: Any) -> Steps:
        """Rows of the table at steps of any shape, from 0 on."""
        rows = table[step]
        return cls._make((*rows[..., :-3].unsqueeze(-2).unbind(-1), rows[..., -3:]))


class ReverseNetworks:
    """Independent networks, one for each replica, with a common architecture: weights have a leading replica axis.

    The noise that they find is added to the noise that the denoiser of Gaussian data finds.
    """

    def __init__(self, size: Architecture, dimension: int, replicas: int, stream: Stream, device: str) -> None:
        self.torch, self.place, self.size = load_torch(), resolve_device(device), size
        self.dimension, self.replicas = dimension, replicas
        self.table = self._tensor(Steps.of(size.betas))
        generator, inputs = stream.child("weights").generator(), dimension * (1 + 2 * len(size.frequencies)) + 3
        layers = ((inputs, size.hidden), (size.hidden, size.hidden), (size.hidden, 2 * dimension))
        self.weights = [
            self._tensor(generator.standard_normal((replicas, a, b)) / np.sqrt(a)).requires_grad_() for a, b in layers
        ]
        self.biases = [self._tensor(np.zeros((replicas, 1, b))).requires_grad_() for _, b in layers]
        with self.torch.no_grad():
            self.weights[-1] *= 0.1
        self.start_from(np.concatenate([np.eye(dimension), -np.eye(dimension)])[None].repeat(replicas, axis=0))

    def start_from(self, data: np.ndarray) -> None:
        """Take the denoiser of Gaussian data with the mean and covariance of data (R, n, d)."""
        mean = data.mean(axis=1, keepdims=True)
        values, vectors = np.linalg.eigh(np.swapaxes(data - mean, 1, 2) @ (data - mean) / data.shape[1])
        self.middle, self.axes, self.spread = map(self._tensor, (mean, vectors, values[:, None]))

    def _of_gaussian(self, x: Any, at: Steps) -> Any:
        """Noise in x that the denoiser of Gaussian data finds."""
        off = self.torch.bmm(x - at.signal * self.middle, self.axes)
        seen = off * at.noise / (at.signal**2 * self.spread + at.noise**2)
        return self.torch.bmm(seen, self.axes.transpose(1, 2))

    def _tensor(self, values: np.ndarray) -> Any:
        return self.torch.as_tensor(np.asarray(values, dtype=np.float32), device=self.place)

    def parameters(self) -> list[Any]:
        """All weights and biases."""
        return [*self.weights, *self.biases]

    def outputs(self, x: Any, at: Steps) -> tuple[Any, Any]:
        """What is added to the noise that the Gaussian denoiser finds in x (R, n, d), and log variances of the step."""
        torch = self.torch
        waves = [wave(f * x) for f in self.size.frequencies for wave in (torch.sin, torch.cos)]
        state = torch.cat([x, *waves, at.time], dim=2)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            state = torch.nn.functional.silu(torch.baddbmm(bias, state, weight))
        found = torch.baddbmm(self.biases[-1], state, self.weights[-1])
        noise, between = found[..., : self.dimension], found[..., self.dimension :]
        return noise, torch.addcmul(at.least, at.span, torch.sigmoid(between + 1))

    def losses(self, data: Any, step: Any, noise: Any) -> Any:
        """Terms of the bound in nats, (R, n), of data (R, n, d) at steps (R, n), with noise as drawn for x_t."""
        torch = self.torch
        with torch.no_grad():
            at = Steps.picked(self.table, step)
            x = at.signal * data + at.noise * noise
            # What the mean of the reverse step lacks, but for what the network adds.
            lacking = at.datum * data + (at.place - at.kept) * x + at.added * self._of_gaussian(x, at)
        predicted, log_variance = self.outputs(x, at)
        square = at.posterior + torch.addcmul(lacking, at.added, predicted) ** 2
        return ((at.offset + log_variance + square * torch.exp(-log_variance)) / 2).sum(dim=2)

    def train(self, data: np.ndarray, stream: Stream) -> None:
        """Adam on the bound, with fresh steps and noise in every update; data (R, n, d), a replica's own."""
        torch, size = self.torch, self.size
        source = torch.Generator(device=self.place).manual_seed(stream.integer())
        self.start_from(data)
        examples = self._tensor(data)
        rows = torch.arange(self.replicas, device=self.place)[:, None]
        descent = torch.optim.Adam(self.parameters(), lr=size.rate, fused=True)
        shape = (self.replicas, size.batch)
        for number in range(size.updates):
            chosen = torch.randint(examples.shape[1], shape, generator=source, device=self.place)
            step = torch.randint(size.steps, shape, generator=source, device=self.place)
            noise = torch.randn((*shape, self.dimension), generator=source, device=self.place)
            loss = self.losses(examples[rows, chosen], step, noise).mean(dim=1).sum()
            descent.zero_grad()
            loss.backward()
            for group in descent.param_groups:
                group["lr"] = size.rate * (1 - number / size.updates)
            descent.step()

    def bound(self, data: np.ndarray, stream: Stream) -> np.ndarray:
        """Bound on the log likelihood in nats, (R,), of data (R, n, d): all its terms, with fresh noise."""
        torch = self.torch
        with torch.no_grad():
            source = torch.Generator(device=self.place).manual_seed(stream.integer())
            examples = self._tensor(data)
            total = torch.zeros(self.replicas, device=self.place)
            for k in range(self.size.steps):
                step = torch.full(examples.shape[:2], k, device=self.place)
                noise = torch.randn(examples.shape, generator=source, device=self.place)
                total -= self.losses(examples, step, noise).mean(dim=1)
            left = float(np.prod(1 - self.size.betas))
            total -= ((left * examples**2 - left - np.log(1 - left)) / 2).sum(dim=2).mean(dim=1)
        return total.cpu().numpy().astype(float)

    def samples(self, count: int, kept: tuple[int, ...], stream: Stream) -> list[np.ndarray]:
        """Samples (R, count, d) when so many steps are left, for each number kept; those for 0 come last."""
        torch = self.torch
        found = {}
        with torch.no_grad():
            source = torch.Generator(device=self.place).manual_seed(stream.integer())
            shape = (self.replicas, count, self.dimension)
            x = torch.randn(shape, generator=source, device=self.place)
            for left in range(self.size.steps, -1, -1):
                if left in kept:
                    found[left] = x.cpu().numpy().astype(float)
                if left:
                    at = Steps.picked(self.table, torch.full(shape[:2], left - 1, device=self.place))
                    noise, log_variance = self.outputs(x, at)
                    noise += self._of_gaussian(x, at)
                    fresh = torch.randn(shape, generator=source, device=self.place)
                    x = at.kept * x - at.added * noise + torch.exp(log_variance / 2) * fresh
        return [found[left] for left in sorted(kept, reverse=True)]


def nearer(far: np.ndarray, near: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Energy distance of samples `far` from data less that of samples `near`, unbiased, (R,); samples (R, n, d).

    The mean distance of the data among themselves is in both.
    """
    from scipy.spatial.distance import cdist

    def total(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.array([cdist(a, b).sum() for a, b in zip(first, second, strict=True)])

    def apart(samples: np.ndarray) -> np.ndarray:
        n, m = samples.shape[1], data.shape[1]
        return 2 * total(samples, data) / (n * m) - total(samples, samples) / (n * (n - 1))

    return apart(far) - apart(near)


def gaussian_log_likelihood(learned: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Mean log density, (R,), of data (R, n, d) under Gaussians with mean and covariance of other data (R, m, d)."""
    mean = learned.mean(axis=1, keepdims=True)
    off = learned - mean
    covariance = np.swapaxes(off, 1, 2) @ off / learned.shape[1]
    away = judged - mean
    squares = np.einsum("rnd,rnd->rn", away, np.swapaxes(np.linalg.solve(covariance, np.swapaxes(away, 1, 2)), 1, 2))
    logarithm = np.linalg.slogdet(covariance)[1] + learned.shape[2] * np.log(2 * np.pi)
    return -(squares.mean(axis=1) + logarithm) / 2
