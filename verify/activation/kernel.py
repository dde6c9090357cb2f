"""Correlation map, covariance (NNGP) and neural tangent kernel of an activation at chosen correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derivations.activations import Activation
from numerics.solvers.tangent import Tangent, pair_averages, tangent
from verify.activation.closed_form import ClosedForm, closed_form
from verify.compile.nonlinearity import nonlinearity

DEEPEST, PAIRWISE = 10_000, 300  # layers; the second where every pair is integrated
FIRST_ROWS = (0, 1, 2, 3, 5)  # of a table of layers; then 10, 20, 30, 50, 100, 200 ...
PARAMETRIZATION = (
    "NTK parametrization: a layer is sigma_w w phi(h) / sqrt(fan-in) + sigma_b b, w and b unit normal, gradients by w "
    "and b of all layers; Theta = K' + sigma_w^2 E phi'(h) phi'(h') Theta_before, and Theta = K in the first layer."
)


class NoKernel(ArithmeticError):
    """A kernel that does not exist, or is out of reach; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two fields of one length and correlation c: averages, and what a layer without biases makes of c."""

    c: float
    product: float
    slope: float | None
    mapped: float | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """The kernels `layer` layers above the first one; c, nngp and ntk have one entry for each correlation asked for."""

    layer: int
    q: float
    c: tuple[float, ...]
    nngp: tuple[float, ...]
    ntk: tuple[float, ...] | None
    ntk_alike: float | None


@dataclass(frozen=True, kw_only=True)
class KernelAnswer:
    """What --kernel prints.

    length, length_is   squared length of the first layer's preactivations, and where it comes from
    formula             E phi(h) phi(h') and E phi'(h) phi'(h') in q and c where they are elementary, else None
    pairs               the averages at that length
    layers              the network's kernels layer by layer; empty without sigma_w
    """

    length: float
    length_is: str
    formula: dict[str, str | None] | None
    pairs: tuple[Pair, ...]
    layers: tuple[Row, ...]
    parametrization: str | None
    notes: tuple[str, ...]


def kernel_answer(
    activation: Activation,
    correlations: tuple[float, ...],
    sigma_w: float | None,
    sigma_b: float,
    q_star: float | None,
    length: float | None = None,
    depth: int | None = None,
) -> KernelAnswer:
    """Kernels at `length`, or at q_star where that is positive, or at 1. Raises NoKernel where they do not exist."""
    if depth is not None and depth > DEEPEST:
        raise NoKernel(f"kernels are followed through {DEEPEST} layers at most, not {depth}; give a smaller --depth")
    q, where = _length(length, q_star)
    phi, form = nonlinearity(activation), closed_form(activation)
    closed, c = form.kernel if form else None, np.array(correlations)
    if closed is None and activation.breakpoints and (depth or 1) > PAIRWISE:
        raise NoKernel(
            f"with kinks and no closed form every layer is integrated anew: {PAIRWISE} layers at most, not {depth}"
        )
    smooth = not phi.jumps and (form is None or form.slope is not None)
    notes = [] if smooth else [f"{phi.name} jumps: E phi'^2 is infinite, and there is no tangent kernel."]
    try:
        product = pair_averages(phi, closed, q, np.append(c, 1.0))
        slope = pair_averages(phi, closed, q, c, order=1) if smooth else None
    except ArithmeticError as problem:
        raise NoKernel(f"no kernel of {phi.name}: {problem}") from problem
    try:
        layers = _rows(tangent(phi, closed, q, c, sigma_w, sigma_b, depth or 1, smooth)) if sigma_w else ()
    except ArithmeticError as problem:
        layers = ()
        notes.append(f"The kernels are not followed through {depth or 1} layers: {problem}.")
    pairs = tuple(
        Pair(
            c=float(value),
            product=float(product[k]),
            slope=None if slope is None else float(slope[k]),
            mapped=float(product[k] / product[-1]) if product[-1] > 0 else None,
        )
        for k, value in enumerate(c)
    )
    return KernelAnswer(
        length=q,
        length_is=where,
        formula=_formula(form),
        pairs=pairs,
        layers=layers,
        parametrization=PARAMETRIZATION if layers and smooth else None,
        notes=tuple(notes),
    )


def _length(length: float | None, q_star: float | None) -> tuple[float, str]:
    if length is not None:
        return length, "as given"
    if q_star:
        return q_star, "the fixed length q_star"
    return 1.0, "unit inputs"


def _formula(form: ClosedForm | None) -> dict[str, str | None] | None:
    if form is None:
        return None
    return {"product": str(form.product), "slope": None if form.slope is None else str(form.slope)}


def _rows(found: Tangent) -> tuple[Row, ...]:
    last = len(found.q) - 1
    shown = [k for k in FIRST_ROWS if k < last]
    decade = 10
    while decade < last:
        shown += [k for k in (decade, 2 * decade, 3 * decade, 5 * decade) if k < last]
        decade *= 10
    return tuple(
        Row(
            layer=k,
            q=float(found.q[k]),
            c=tuple(float(v) for v in np.clip(found.nngp[k] / found.q[k], -1, 1)),
            nngp=tuple(float(v) for v in found.nngp[k]),
            ntk=None if found.ntk is None else tuple(float(v) for v in found.ntk[k]),
            ntk_alike=None if found.ntk_alike is None else float(found.ntk_alike[k]),
        )
        for k in [*shown, last]
    )
