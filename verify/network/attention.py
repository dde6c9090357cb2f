"""Attention at initialization: scores near zero, so that the softmax averages over all tokens that the mask leaves.

To leading order in the variance of the scores the weights are uniform; where that variance is large the theory here has
no map, and what follows starts from measured numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from verify.network import rules
from verify.network.fields import Field
from verify.network.rules import Step, Unknown
from verify.network.tape import Signal

if TYPE_CHECKING:
    from verify.network.reader import Reader

LARGEST_SCORES = 0.5  # variance of the scores up to which their softmax is called uniform
ON_SCORES = frozenset({"mul", "div", "true_divide", "add", "sub", "masked_fill", "where", "float", "neg"})


def read(reader: Reader, name: str, args: tuple, kwargs: dict, out: torch.Tensor, found: list[Signal]) -> bool:
    """Whether an operation belongs to attention and was dealt with."""
    roles = [s.role for s in found]
    if name == "scaled_dot_product_attention":
        _scaled_dot_product(reader, name, args, kwargs, out, found)
    elif name == "multi_head_attention_forward":
        _multi_head(reader, name, args, kwargs, out, found)
    elif name in ("matmul", "bmm") and len(found) == 2 and roles[0] == "attention":
        _mix(reader, name, out, found[1], found[0].matrix, found[0].dropped, found[0].scores)
    elif (name in ("matmul", "bmm") and len(found) == 2) or (roles[0] == "scores" and name in ON_SCORES):
        _mark(reader, out, found[0], "scores")
    elif roles[0] == "scores" and name == "softmax":
        _mark(reader, out, found[0], "attention", *_uniform(out, found[0].tensor))
    elif roles[0] == "attention" and name == "dropout":
        p = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
        training = args[2] if len(args) > 2 else kwargs.get("training", True)
        _mark(reader, out, found[0], "attention", found[0].matrix, float(p) if training else 0.0, found[0].scores)
    else:
        return False
    return True


def _mark(
    reader: Reader,
    out: torch.Tensor,
    before: Signal,
    role: str,
    matrix: np.ndarray | None = None,
    p: float = 0.0,
    scores: float = 0.0,
) -> None:
    reader.run.signals[id(out)] = Signal(
        tensor=out,
        sites=torch.zeros((), dtype=torch.long).expand(out.shape),
        count=before.count,
        node=before.node,
        places=before.places,
        role=role,
        matrix=matrix,
        dropped=p,
        scores=scores,
    )


def _uniform(weights: torch.Tensor, scores: torch.Tensor) -> tuple[np.ndarray | None, float, float]:
    """Uniform weights over what the mask leaves, no dropout, and the variance of the scores.

    None in place of the weights where that variance is too large.
    """
    with torch.no_grad():
        kept = (weights > 0).reshape(-1, *weights.shape[-2:])[0].double()
        variance = spread(scores.detach()[weights.detach() > 0])
    if variance > LARGEST_SCORES:
        return None, 0.0, variance
    return (kept / kept.sum(-1, keepdim=True)).numpy(), 0.0, variance


def spread(values: torch.Tensor) -> float:
    """Variance of some numbers; PyTorch's own loads a compiler under forward differentiation."""
    mean = float(values.mean(dtype=torch.float64))
    return float((values * values).mean(dtype=torch.float64)) - mean**2


def _mix(
    reader: Reader, name: str, out: torch.Tensor, value: Signal, matrix: np.ndarray | None, p: float, scores: float
) -> None:
    try:
        if matrix is None:
            raise Unknown(f"the variance of the attention scores is {scores:.3g}, too large for nearly uniform weights")
        field = reader.field(value)
        if matrix.shape != (field.places, field.places) or out.shape != value.tensor.shape:
            raise Unknown("queries and values are not at the same places")
        step = rules.attend(field, matrix, p, scores)
    except Unknown as problem:
        reader.unknown(name, str(problem), out, [value])
        return
    reader.add(name, (value,), out, value.sites, step)


def _mask(tokens: int, mask: Any, causal: bool) -> np.ndarray:
    if mask is None:
        kept = np.ones((tokens, tokens))
        return np.tril(kept) if causal else kept
    shown = mask.detach().reshape(-1, *mask.shape[-2:])[0]
    return (shown if shown.dtype == torch.bool else shown > -1e4).double().expand(tokens, tokens).numpy()


def _scaled_dot_product(
    reader: Reader, name: str, args: tuple, kwargs: dict, out: torch.Tensor, found: list[Signal]
) -> None:
    names = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
    bound: dict[str, Any] = {n: args[k] if len(args) > k else kwargs.get(n) for k, n in enumerate(names)}
    value = next((s for s in found if s.tensor is bound["value"]), found[-1])
    matrix = None
    with torch.no_grad():
        query, key = bound["query"].detach(), bound["key"].detach()
        scale = kwargs.get("scale") or query.shape[-1] ** -0.5
        scores = spread(query @ key.transpose(-2, -1)) * scale**2
        if scores <= LARGEST_SCORES:
            matrix = _mask(value.tensor.shape[-2], bound["attn_mask"], bool(bound["is_causal"]))
            matrix = matrix / matrix.sum(-1, keepdims=True)
    _mix(reader, name, out, value, matrix, float(bound["dropout_p"] or 0.0), scores)


def _multi_head(reader: Reader, name: str, args: tuple, kwargs: dict, out: torch.Tensor, found: list[Signal]) -> None:
    """torch.nn.MultiheadAttention: projections of the values and of what comes out, around uniform weights."""
    value = next((s for s in found if s.tensor is args[2]), found[-1])
    inside, bias, out_weight, out_bias = args[5], args[6], args[11], args[12]
    width = args[3]
    try:
        if inside is None or not value.tensor.dim() == 3:
            raise Unknown("keys and values have other widths than queries")
        if int(value.sites[-1, 0, 0]) // value.count == reader.run.inputs - 1 and value.tensor.shape[1] > 1:
            raise Unknown("it attends over the inputs of the batch, as without batch_first=True")
        field = reader.field(value)
        bare = inside.detach()[-width:]
        facts = reader.weights(bare, None if bias is None else bias.detach()[-width:], "Linear", "in_proj (values)")
        reader.known[inside.data_ptr(), tuple(inside.shape), "Linear"] = facts  # queries and keys are of the same kind
        last = reader.weights(out_weight, out_bias, "Linear", "out_proj")
        scores = _scores(field, inside, int(args[4]))
        if scores > LARGEST_SCORES:
            raise Unknown(f"the variance of the attention scores is {scores:.3g}, too large for nearly uniform weights")
        matrix = _mask(field.places, kwargs.get("attn_mask"), False)
        matrix = matrix / matrix.sum(-1, keepdims=True)
        number, eye = len(reader.run.nodes), np.eye(field.places)
        p = float(args[10]) if kwargs.get("training", True) else 0.0
        first = rules.dense(field, number, width, facts.variance, facts.bias, eye)
        mixed = rules.attend(replace(first.field, sources=frozenset({number})), matrix, p, scores)
        end = rules.dense(mixed.field, number, width, last.variance, last.bias, eye)
    except Unknown as problem:
        reader.unknown(name, str(problem), out, [value])
        return

    def back(gradient: np.ndarray) -> list[np.ndarray]:
        return first.back(mixed.back(end.back(gradient)[0])[0])

    step = Step(field=end.field, back=back, noise=first.noise + end.noise)
    reader.add(name, (value,), out, value.sites, step, weights=last)


def _scores(field: Field, inside: torch.Tensor, heads: int) -> float:
    """Variance of the scores of a field with these query and key projections, scaled by the root of a head's width."""
    width = inside.shape[0] // 3
    query, key = (float((inside.detach()[k * width : (k + 1) * width] ** 2).mean()) for k in (0, 1))
    return (field.features * field.length) ** 2 * query * key
