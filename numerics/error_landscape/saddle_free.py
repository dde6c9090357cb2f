"""Steps that use the curvature of a loss: Newton's, damped, and saddle-free, exact and in a Krylov space.

The saddle-free step divides the gradient by the absolute values of the Hessian's eigenvalues (Dauphin et al., 2014). In
a Krylov space the Hessian is known by what it makes of the gradient, again and again: a few products, and no matrix.
Leading axes are replicas; every function works on all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numerics.backend import load_torch

RULES = ("newton", "damped", "saddle-free")
ROUNDING = 1e-13  # relative difference of two losses that is none
BLOCK = 16  # rows of a Hessian that are worked out at once: as fast as all of them, in less memory
CANCELLED = 0.1  # of a vector, below which what is left of it is made orthogonal once more: rounding has grown tenfold
BROKEN = 1e-12  # length of a new Krylov direction, relative to the first product, at which the space is complete


def transforms() -> Any:
    """torch.func."""
    return load_torch().func


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
    """The curvature in the space of g, H g, ..., H^(order-1) g, by Lanczos' method with full orthogonalisation.

    product   maps vectors (..., n) to H times them
    gradient  (..., n), not zero
    Takes `order` products. Where the space is complete before, its last directions carry neither gradient nor
    curvature.
    Raises ValueError for an order below 1 or above n.
    """
    torch = load_torch()
    if not 1 <= order <= gradient.shape[-1]:
        raise ValueError(f"a Krylov space of order {order} in {gradient.shape[-1]} dimensions")
    length = gradient.norm(dim=-1, keepdim=True)
    basis = gradient.new_empty((*gradient.shape[:-1], order, gradient.shape[-1]))
    basis[..., 0, :] = gradient / length
    diagonal, beside = [], []
    least: Any = 0.0  # length of a direction that is new
    for k in range(order):
        known = basis[..., : k + 1, :]
        image = product(known[..., k, :])
        before = torch.linalg.vector_norm(image, dim=-1, keepdim=True)
        least = least if k else BROKEN * before
        along, image = _without(image, known)
        diagonal.append(along[..., k])
        if k + 1 == order:
            break
        beyond = torch.linalg.vector_norm(image, dim=-1, keepdim=True)
        if bool((beyond > CANCELLED * before + least).all()):
            basis[..., k + 1, :] = image / beyond
        else:
            _, image = _without(image, known)
            beyond = torch.linalg.vector_norm(image, dim=-1, keepdim=True)
            beyond = torch.where(beyond > least, beyond, 0.0)
            basis[..., k + 1, :] = torch.where(beyond > 0, image / beyond.clamp_min(1e-300), 0.0)
        beside.append(beyond[..., 0])
    reduced = torch.diag_embed(torch.stack(diagonal, dim=-1))
    if beside:
        reduced = reduced + torch.diag_embed(torch.stack(beside, dim=-1), offset=-1)  # its lower half is read
    values, inside = torch.linalg.eigh(reduced)
    return Curvature(values=values, directions=basis.mT @ inside, gradient=length * inside[..., 0, :])


def _without(image: Any, known: Any) -> tuple[Any, Any]:
    """Components (..., k) of vectors (..., n) along orthonormal rows (..., k, n), and what is left without them."""
    along = (known @ image[..., None])[..., 0]
    return along, image - (along[..., None, :] @ known)[..., 0, :]


def gradient_and_product(loss: Callable[..., Any], weights: Any, *batch: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The gradient, and v -> H v, of a loss of one weight vector, for weights (R, n), batches with a leading axis R.

    The Hessian is symmetric, so H v is v^T H: one more pass backwards through the gradient, which is worked out once.
    """
    func = transforms()
    gradient, backwards = func.vjp(lambda points: func.vmap(func.grad(loss))(points, *batch), weights)
    return gradient, lambda vectors: backwards(vectors)[0]


def hessians(loss: Callable[..., Any], weights: Any, *batch: Any) -> Any:
    """The Hessians (R, n, n) of a loss of one weight vector; arguments as of `gradient_and_product`."""
    func = transforms()
    return func.vmap(func.jacrev(func.grad(loss), chunk_size=BLOCK))(weights, *batch)


def curvature_of(loss: Callable[..., Any], weights: Any, *batch: Any, order: int | None = None) -> Curvature:
    """The curvature of a loss of one weight vector, for weights (R, n) and batches with a leading axis R each.

    order  of the Krylov space; None for the whole Hessian
    """
    if order is not None:
        gradient, product = gradient_and_product(loss, weights, *batch)
        return krylov(product, gradient, order)
    func = transforms()
    return exact(hessians(loss, weights, *batch), func.vmap(func.grad(loss))(weights, *batch))


def step(
    loss: Callable[..., Any], weights: Any, *batch: Any, rule: str, damping: Any = 0.0, order: int | None = None
) -> Any:
    """One step of a rule of RULES for all replicas, (R, n); arguments as of `curvature_of` and `Curvature.step`."""
    return curvature_of(loss, weights, *batch, order=order).step(rule, damping)


def best_step(
    loss: Callable[..., Any], weights: Any, *batch: Any, rule: str, dampings: Any, order: int | None = None
) -> Any:
    """The step at that of `dampings` (D,) which leaves the smallest loss of the same batch, chosen for each replica.

    The choice of the damping is that of Dauphin et al. (2014). Of dampings whose losses agree to rounding the first one
    is taken. Losses that are no numbers are never chosen.
    """
    torch = load_torch()
    curvature = curvature_of(loss, weights, *batch, order=order)
    steps = torch.stack([curvature.step(rule, damping) for damping in dampings])
    func = transforms()
    mapped = func.vmap(func.vmap(loss))
    repeated = [part.expand(len(steps), *part.shape) for part in batch]
    losses = torch.nan_to_num(mapped(weights + steps, *repeated), nan=torch.inf)
    least = losses.amin(dim=0)
    chosen = (losses <= least + ROUNDING * least.abs()).to(torch.int64).argmax(dim=0)  # the first of them
    return steps[chosen, torch.arange(len(weights), device=weights.device)]
