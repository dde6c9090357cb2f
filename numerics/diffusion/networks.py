"""Diffusion models whose reverse steps are networks that learn mean and variance, many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


class ReverseNetworks:
    """Independent networks, one for each replica, with a common architecture: weights have a leading replica axis.

    The noise that they find is added to the noise that the denoiser of Gaussian data finds.
    """

    def __init__(self, size: Architecture, dimension: int, replicas: int, stream: Stream, device: str) -> None:
        self.torch, self.place, self.size = load_torch(), resolve_device(device), size
        self.dimension, self.replicas = dimension, replicas
        self.beta = self._tensor(size.betas)
        self.left = self.torch.cumprod(1 - self.beta, dim=0)
        before = self.torch.cat([self.torch.ones(1, device=self.place), self.left[:-1]])
        self.before = before
        # Variance of the step before, given the datum and this step: precisions of the two kernels are added.
        self.posterior = 1 / (1 / (1 - before).clamp(min=1e-6) + (1 - self.beta) / self.beta)
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

    def _of_gaussian(self, x: Any, step: Any) -> Any:
        """Noise in x that the denoiser of Gaussian data finds."""
        left = self.left[step][..., None]
        off = self.torch.bmm(x - self.torch.sqrt(left) * self.middle, self.axes)
        seen = off * self.torch.sqrt(1 - left) / (left * self.spread + 1 - left)
        return self.torch.bmm(seen, self.axes.transpose(1, 2))

    def _tensor(self, values: np.ndarray) -> Any:
        return self.torch.as_tensor(np.asarray(values, dtype=np.float32), device=self.place)

    def parameters(self) -> list[Any]:
        """All weights and biases."""
        return [*self.weights, *self.biases]

    def outputs(self, x: Any, step: Any) -> tuple[Any, Any]:
        """Predicted noise and log variance of the reverse step from x (R, n, d) at steps (R, n), from 0 on."""
        torch = self.torch
        time = ((step + 1) / self.size.steps)[..., None]
        waves = [wave(f * x) for f in self.size.frequencies for wave in (torch.sin, torch.cos)]
        state = torch.cat([x, *waves, time, torch.sin(np.pi * time), torch.cos(np.pi * time)], dim=2)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            state = torch.nn.functional.silu(torch.baddbmm(bias, state, weight))
        found = torch.baddbmm(self.biases[-1], state, self.weights[-1])
        noise, between = found[..., : self.dimension], found[..., self.dimension :]
        beta, posterior = self.beta[step][..., None], self.posterior[step][..., None]
        share = torch.sigmoid(between + 1)
        noise = noise + self._of_gaussian(x, step)
        return noise, share * torch.log(beta) + (1 - share) * torch.log(posterior.clamp(min=1e-4))

    def mean(self, x: Any, step: Any, noise: Any) -> Any:
        """Mean of the reverse step for a predicted noise."""
        beta, left = self.beta[step][..., None], self.left[step][..., None]
        return (x - beta / self.torch.sqrt(1 - left) * noise) / self.torch.sqrt(1 - beta)

    def losses(self, data: Any, step: Any, noise: Any) -> Any:
        """Terms of the bound in nats, (R, n), of data (R, n, d) at steps (R, n), with noise as drawn for x_t."""
        torch = self.torch
        left, before, beta = (values[step][..., None] for values in (self.left, self.before, self.beta))
        x = torch.sqrt(left) * data + torch.sqrt(1 - left) * noise
        predicted, log_variance = self.outputs(x, step)
        mean = self.mean(x, step, predicted)
        posterior = self.posterior[step][..., None]
        target = posterior * (
            torch.sqrt(before) * data / (1 - before).clamp(min=1e-6) + torch.sqrt(1 - beta) * x / beta
        )
        first = (step == 0)[..., None]
        square = torch.where(first, (data - mean) ** 2, posterior + (target - mean) ** 2)
        off = torch.where(first, torch.full_like(posterior, np.log(2 * np.pi)), -torch.log(posterior) - 1)
        return ((off + log_variance + square * torch.exp(-log_variance)) / 2).sum(dim=2)

    def train(self, data: np.ndarray, stream: Stream) -> None:
        """Adam on the bound, with fresh steps and noise in every update; data (R, n, d), a replica's own."""
        torch, size = self.torch, self.size
        source = torch.Generator(device=self.place).manual_seed(stream.integer())
        self.start_from(data)
        examples = self._tensor(data)
        rows = torch.arange(self.replicas, device=self.place)[:, None]
        descent = torch.optim.Adam(self.parameters(), lr=size.rate)
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
            left = self.left[-1]
            total -= ((left * examples**2 - left - torch.log(1 - left)) / 2).sum(dim=2).mean(dim=1)
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
                    step = torch.full(shape[:2], left - 1, device=self.place)
                    noise, log_variance = self.outputs(x, step)
                    fresh = torch.randn(shape, generator=source, device=self.place)
                    x = self.mean(x, step, noise) + torch.exp(log_variance / 2) * fresh
        return [found[left] for left in sorted(kept, reverse=True)]


def energy_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Energy distance of samples (R, n, d) and (R, m, d), unbiased, (R,)."""

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        squares = (-2 * a) @ np.swapaxes(b, 1, 2)
        squares += (a**2).sum(axis=2)[:, :, None]
        squares += (b**2).sum(axis=2)[:, None]
        np.maximum(squares, 0.0, out=squares)
        return np.sqrt(squares, out=squares).sum(axis=(1, 2))

    n, m = first.shape[1], second.shape[1]
    between = apart(first, second) / (n * m)
    return 2 * between - apart(first, first) / (n * (n - 1)) - apart(second, second) / (m * (m - 1))


def gaussian_log_likelihood(learned: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Mean log density, (R,), of data (R, n, d) under Gaussians with mean and covariance of other data (R, m, d)."""
    mean = learned.mean(axis=1, keepdims=True)
    off = learned - mean
    covariance = np.swapaxes(off, 1, 2) @ off / learned.shape[1]
    away = judged - mean
    squares = np.einsum("rnd,rnd->rn", away, np.swapaxes(np.linalg.solve(covariance, np.swapaxes(away, 1, 2)), 1, 2))
    logarithm = np.linalg.slogdet(covariance)[1] + learned.shape[2] * np.log(2 * np.pi)
    return -(squares.mean(axis=1) + logarithm) / 2
