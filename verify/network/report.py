"""`rederive.network`: a model against theory, as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from verify.network import diagnosis, loading, spectra
from verify.network.observe import CORRELATION, PAIRS, ModelError, observe
from verify.network.scales import scales
from verify.network.table import NetworkTable


def network(
    model: torch.nn.Module,
    input_shape: Sequence[int] | int,
    *,
    correlation: float = CORRELATION,
    square: float = 1.0,
    pairs: int = PAIRS,
    seed: int = 1,
    spectrum: bool = False,
) -> NetworkTable:
    """Signal propagation of a PyTorch model as it is initialized, predicted by mean-field theory and measured.

    input_shape    without the batch: (784,), (3, 32, 32), or (64,) for 64 tokens of a model that begins with a table
    correlation    of the two inputs of a pair;  square  mean square of the components of an input
    pairs          pairs of inputs (at least 32 where the model normalizes over its batch)
    spectrum       whether to work out the singular values of the whole Jacobian for one input

    The model is run in its mode (training or evaluation), with its parameters; buffers and random state are restored.
    Raises ModelError, a ValueError, with one line.
    """
    shape = (input_shape,) if isinstance(input_shape, int) else tuple(int(n) for n in input_shape)
    if not shape or min(shape) < 1:
        raise ModelError(f"the input shape {shape} has no components")
    if not 0 <= correlation < 1 or not 0 < square < math.inf or pairs < 1:
        raise ModelError("correlation lies from 0 up to 1, square and pairs are positive")
    if not isinstance(model, torch.nn.Module):
        raise ModelError(f"a torch.nn.Module is needed, not {type(model).__name__}")
    model = getattr(model, "_orig_mod", model)  # of torch.compile, whose own code is not seen
    loading.checked(model)
    seen = observe(model, shape, pairs=pairs, correlation=correlation, square=square, seed=seed)
    kinds, away = scales(seen)
    found = diagnosis.findings(seen)
    return NetworkTable(
        model=type(model).__name__,
        input_shape=shape,
        dtype=seen.dtype,
        parameters=sum(p.numel() for p in model.parameters()),
        correlation=correlation,
        pairs=seen.pairs,
        rows=diagnosis.rows(seen),
        scales=kinds,
        findings=(*found, *away),
        spectrum=spectra.jacobian(model, shape, seen, square, seed) if spectrum else None,
    )
