"""Steps that use the curvature of a loss: Newton's, damped, and saddle-free, exact and in a Krylov space.

The saddle-free step divides the gradient by the absolute values of the Hessian's eigenvalues (Dauphin et al., 2014). In
a Krylov space the Hessian is known by what it makes of the gradient, again and again: a few products, and no matrix.
Leading axes are replicas; every function works on all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from numerics.backend import load_torch

RULES = ("newton", "damped", "saddle-free")
ROUNDING = 1e-13  # relative difference of two losses that is none
BLOCK = 32  # rows of a Hessian that are worked out at once: as fast as all of them, in less memory
PERIOD = 6  # rows of a Krylov space, the last two of which are made orthogonal to all: rounding grows over four
ORTHONORMAL = 1e-10  # product of two of its rows, to which the Hessian in it is then exact
BROKEN = 1e-12  # length of a new Krylov direction, relative to the first product, at which the space is complete


class Loss(Protocol):
    """A loss by n weights on batches of R replicas, whose parts have a leading axis R each."""

    def losses(self, weights: Any, *batch: Any) -> Any:
        """The losses (R, K) at `weights` (R, K, n)."""

    def gradient_and_product(self, weights: Any, *batch: Any) -> tuple[Any, Callable[[Any], Any]]:
        """The gradients (R, n) at `weights` (R, n), and v -> H v for vectors v, (R, K, n)."""


@dataclass(frozen=True, kw_only=True)
class Curvature:
    """A Hessian in coordinates in which it is diagonal, and the gradient there.

    values      eigenvalues, (..., k)
    directions  orthonormal columns, (..., n, k): all directions, or those of a Krylov space
    gradient    components of the gradient along them, (..., k)
    """

    values: Any
    directions: Any
    gradient: Any

    def step(self, rule: str, damping: Any) -> Any:
        """The step of a rule of RULES, (..., n); `damping` is a number or has the shape (...) of the replicas.

        newton       -H^-1 g;  the damping is not used
        damped       -(H + damping)^-1 g
        saddle-free  -(|H| + damping)^-1 g
        """
        torch = load_torch()
        damping = torch.as_tensor(damping, dtype=self.values.dtype, device=self.values.device)[..., None]
        match rule:
            case "newton":
                over = self.values
            case "damped":
                over = self.values + damping
            case "saddle-free":
                over = self.values.abs() + damping
            case _:
                raise ValueError(f"no rule {rule!r}: one of {', '.join(RULES)}")
        return -(self.directions @ (self.gradient / over)[..., None])[..., 0]


def exact(hessian: Any, gradient: Any) -> Curvature:
    """The curvature from the whole Hessian, (..., n, n), and the gradient, (..., n), by one eigendecomposition."""
    values, directions = load_torch().linalg.eigh(hessian)
    return Curvature(values=values, directions=directions, gradient=(gradient[..., None, :] @ directions)[..., 0, :])


def krylov(product: Callable[[Any], Any], gradient: Any, order: int) -> Curvature:
    """The curvature in the space of g, H g, ..., H^(order-1) g, by Lanczos' method.

    product   maps vectors (..., n) to H times them
    gradient  (..., n), not zero
    Takes `order` products, and those again whose vectors turn out not to be orthonormal. Where the space is complete
    before, its last directions carry neither gradient nor curvature.
    Raises ValueError for an order below 1 or above n.
    """
    torch = load_torch()
    if not 1 <= order <= gradient.shape[-1]:
        raise ValueError(f"a Krylov space of order {order} in {gradient.shape[-1]} dimensions")
    length = torch.linalg.vector_norm(gradient, dim=-1, keepdim=True)
    basis = gradient.new_empty((*gradient.shape[:-1], order, gradient.shape[-1]))
    torch.div(gradient, length, out=basis[..., 0, :])
    diagonal, beside = _lanczos(product, basis, 0)
    sound = _orthonormal(basis)
    if sound < order:
        repeated = _lanczos(product, basis, sound - 1, least=BROKEN * torch.hypot(diagonal[0], beside[0]))
        diagonal, beside = diagonal[: sound - 1] + repeated[0], beside[: sound - 1] + repeated[1]
    reduced = torch.diag_embed(torch.cat(diagonal, dim=-1))
    if beside:
        reduced = reduced + torch.diag_embed(torch.cat(beside, dim=-1), offset=-1)  # its lower half is read
    values, inside = torch.linalg.eigh(reduced)
    return Curvature(values=values, directions=basis.mT @ inside, gradient=length * inside[..., 0, :])


def _lanczos(product: Callable[[Any], Any], basis: Any, first: int, least: Any = None) -> tuple[list[Any], list[Any]]:
    """Fills the rows of a basis (..., k, n) after `first`; diagonal and lower diagonal of the Hessian there, (..., 1).

    Exact products are orthogonal to all rows but two. Rounding is taken out by a pass over all rows for two rows of
    PERIOD. With `least`, the length (..., 1) of a direction that is new, it is by two passes for each row.
    """
    torch = load_torch()
    order, careful = basis.shape[-2], least is not None
    diagonal, beside = [], []
    for k in range(first, order):
        known = basis[..., 0 if careful or k % PERIOD >= PERIOD - 2 else max(k - 1, 0) : k + 1, :]
        along, image = _without(product(basis[..., k, :]), known)
        diagonal.append(along[..., -1:])
        if k + 1 == order:
            break
        if careful:
            _, image = _without(image, known)
        beyond = torch.linalg.vector_norm(image, dim=-1, keepdim=True)
        if careful:
            beyond = torch.where(beyond > least, beyond, 0.0)
            basis[..., k + 1, :] = torch.where(beyond > 0, image / beyond.clamp_min(1e-300), 0.0)
        else:
            torch.div(image, beyond, out=basis[..., k + 1, :])
        beside.append(beyond)
    return diagonal, beside


def _orthonormal(basis: Any) -> int:
    """How many of the first rows (..., k, n) are orthonormal to ORTHONORMAL, in all replicas; the first is."""
    torch = load_torch()
    order = basis.shape[-2]
    products = basis @ basis.mT - torch.eye(order, dtype=basis.dtype, device=basis.device)
    wrong = ~(products.tril().abs().amax(dim=-1).reshape(-1, order).amax(dim=0) <= ORTHONORMAL)
    return int(wrong[1:].to(torch.int64).argmax()) + 1 if bool(wrong[1:].any()) else order


def _without(image: Any, known: Any) -> tuple[Any, Any]:
    """Components (..., k) of vectors (..., n) along orthonormal rows (..., k, n), and what is left without them."""
    along = (known @ image[..., None])[..., 0]
    return along, image - (along[..., None, :] @ known)[..., 0, :]


def hessians(loss: Loss, weights: Any, *batch: Any) -> Any:
    """The Hessians (R, n, n) of a loss at weights (R, n): its products with all directions."""
    return _gradients_and_hessians(loss, weights, *batch)[1]


def _gradients_and_hessians(loss: Loss, weights: Any, *batch: Any) -> tuple[Any, Any]:
    torch, size = load_torch(), weights.shape[-1]
    gradients, product = loss.gradient_and_product(weights, *batch)
    rows = torch.eye(size, dtype=weights.dtype, device=weights.device).expand(len(weights), -1, -1)
    return gradients, torch.cat([product(rows[:, k : k + BLOCK]) for k in range(0, size, BLOCK)], dim=1)


def curvature_of(loss: Loss, weights: Any, *batch: Any, order: int | None = None) -> Curvature:
    """The curvature of a loss, for weights (R, n) and batches with a leading axis R each.

    order  of the Krylov space; None for the whole Hessian
    """
    if order is None:
        gradients, found = _gradients_and_hessians(loss, weights, *batch)
        return exact(found, gradients)
    gradients, product = loss.gradient_and_product(weights, *batch)
    return krylov(lambda vectors: product(vectors[:, None])[:, 0], gradients, order)


def step(loss: Loss, weights: Any, *batch: Any, rule: str, damping: Any = 0.0, order: int | None = None) -> Any:
    """One step of a rule of RULES for all replicas, (R, n); arguments as of `curvature_of` and `Curvature.step`."""
    return curvature_of(loss, weights, *batch, order=order).step(rule, damping)


def best_step(loss: Loss, weights: Any, *batch: Any, rule: str, dampings: Any, order: int | None = None) -> Any:
    """The step at that of `dampings` (D,) which leaves the smallest loss of the same batch, chosen for each replica.

    The choice of the damping is that of Dauphin et al. (2014). Of dampings whose losses agree to rounding the first one
    is taken. Losses that are no numbers are never chosen.
    """
    torch = load_torch()
    curvature = curvature_of(loss, weights, *batch, order=order)
    steps = torch.stack([curvature.step(rule, damping) for damping in dampings], dim=1)
    losses = torch.nan_to_num(loss.losses(weights[:, None] + steps, *batch), nan=torch.inf)
    least = losses.amin(dim=1, keepdim=True)
    chosen = (losses <= least + ROUNDING * least.abs()).to(torch.int64).argmax(dim=1)  # the first of them
    return steps[torch.arange(len(weights), device=weights.device), chosen]
