"""Singular values of a model's Jacobian, and spectra of its curvature through curvlinops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from verify.network.observe import ModelError, Observation, forward_mode, inputs, leaves, restored
from verify.network.table import Curvature, Spectrum

CHUNK = 256  # rows of the Jacobian at a time
LARGEST = 2048  # outputs or inputs up to which the whole Jacobian is worked out


def jacobian(model: torch.nn.Module, shape: tuple[int, ...], seen: Observation, square: float, seed: int) -> Spectrum:
    """Squared singular values of the whole model's Jacobian for one input. Raises ModelError where it is too large."""
    size = math.prod(shape)
    if seen.nodes[0].operation != "input" or seen.nodes[0].weights is not None:
        raise ModelError("the Jacobian by token numbers does not exist")
    if any(isinstance(m, torch.nn.modules.batchnorm._BatchNorm) and m.training for m in model.modules()):
        raise ModelError("batch normalization mixes the inputs of a batch: the Jacobian of one input does not exist")
    dtype = next((p.dtype for p in model.parameters()), torch.float32)
    generator = torch.Generator().manual_seed(seed)
    point = inputs(shape, 1, 0.0, square, generator)[0].to(dtype)

    def output(x: torch.Tensor) -> torch.Tensor:
        return dict(leaves(model(x[None])))[seen.outputs[0][0]].reshape(-1)

    forward_mode()
    with restored(model, seed):
        with torch.no_grad():
            outputs = output(point).numel()
        if min(size, outputs) > LARGEST:
            raise ModelError(f"the Jacobian has {outputs} x {size} entries; one side must be at most {LARGEST}")
        if outputs <= size:
            whole = torch.func.jacrev(output, chunk_size=CHUNK)(point)
        else:
            whole = torch.func.jacfwd(output)(point)
        whole = whole.reshape(outputs, size).double()
        squared = np.sort(np.linalg.svd(whole.numpy(), compute_uv=False) ** 2)
    mean = seen.nodes[seen.end].field.stretch * outputs / min(outputs, size)
    return Spectrum(squared=tuple(map(float, squared)), predicted_mean=mean)


def at_start(
    model: torch.nn.Module, shape: tuple[int, ...], seen: Observation, square: float, seed: int, kind: str
) -> Curvature:
    """Curvature of the mean squared error on the pairs of inputs, with Gaussian targets. Raises ModelError."""
    if seen.nodes[0].weights is not None:
        raise ModelError("curvature on token numbers is not offered here; call verify.network.spectra.curvature")
    dtype = next((p.dtype for p in model.parameters()), torch.float32)
    generator = torch.Generator().manual_seed(seed)
    x = inputs(shape, seen.pairs, seen.correlation, square, generator).to(dtype)
    with restored(model, seed, frozen=False):
        try:
            with torch.no_grad():
                out = model(x)
            if not isinstance(out, torch.Tensor):
                raise ModelError("curvature needs a model that returns one tensor")
            target = torch.randn(out.shape, generator=generator, dtype=dtype)
            found = curvature(model, torch.nn.MSELoss(), [(x, target)], kind=kind)
        except (RuntimeError, TypeError, NotImplementedError) as problem:
            reason = " ".join(str(problem).split())[:160]
            raise ModelError(f"curvlinops cannot work out the curvature of this model: {reason}") from problem
    return Curvature(kind=kind, largest=tuple(map(float, found)))


def curvature(
    model: torch.nn.Module,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    data: list[tuple[torch.Tensor, torch.Tensor]],
    *,
    kind: str = "hessian",
    largest: int = 10,
) -> np.ndarray:
    """The largest eigenvalues, ascending, of the Hessian or the generalized Gauss-Newton matrix ("ggn") on some data.

    loss is a torch.nn loss such as MSELoss(). The matrices are those of curvlinops; the eigenvalues SciPy's Lanczos.
    Raises ModelError where curvlinops is not installed, or for another kind.
    """
    operators = _curvlinops()
    forward_mode()
    names = {"hessian": "HessianLinearOperator", "ggn": "GGNLinearOperator"}
    if kind not in names:
        raise ModelError(f"{kind!r} is no curvature; give one of {', '.join(names)}")
    from scipy.sparse.linalg import eigsh

    wanted = [p for p in model.parameters() if p.requires_grad]
    operator = getattr(operators, names[kind])(model, loss, wanted, data)
    matrix = operator.to_scipy()
    if largest >= matrix.shape[0]:
        return np.linalg.eigvalsh(matrix @ np.eye(matrix.shape[0], dtype=matrix.dtype))[-largest:]
    return np.sort(eigsh(matrix, k=largest, which="LA", return_eigenvectors=False))


def _curvlinops() -> Any:
    try:
        import curvlinops
    except ImportError as problem:
        raise ModelError("curvature needs curvlinops: pip install 'rederive[curvature]'") from problem
    return curvlinops
