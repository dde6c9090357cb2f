"""The loss of a softmax classifier, and how it changes with a logit."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.backend import load_torch, resolve_device
from numerics.measurement import Measurement
from numerics.streams import Stream


def loss_by_logits(
    *, labels: int, examples: int, raised: tuple[float, ...], step: float, stream: Stream, device: str = "cpu"
) -> Measurement:
    """How the cross-entropy of examples changes as a logit moves by a step up and down, and as the label's is raised.

    labels, examples   random logits of so many labels; the label of an example is 0, and another one is 1
    raised             what is added to the label's logit

    Values have shape (2 + raised, examples): the change of the loss per unit of the label's logit and of another one,
    by central differences, and the loss with the label's logit raised. Given: logits (examples, labels), and raised.
    """
    if labels < 3 or step <= 0:
        raise ValueError(f"needs three labels or more and a positive step, not {labels} and {step}")
    torch, place = load_torch(), resolve_device(device)
    logits = 1.5 * stream.generator().standard_normal((examples, labels))
    first = torch.zeros(examples, dtype=torch.int64, device=place)

    def loss(column: int, change: float) -> Any:
        moved = logits.copy()
        moved[:, column] += change
        found = torch.nn.functional.cross_entropy(torch.as_tensor(moved, device=place), first, reduction="none")
        return found.cpu().numpy()

    slopes = [(loss(column, step) - loss(column, -step)) / (2 * step) for column in (0, 1)]
    return Measurement(
        values=np.stack([*slopes, *(loss(0, m) for m in raised)]),
        axis=np.arange(1.0, examples + 1),
        given={"logits": logits, "raised": np.asarray(raised)},
        resolution={"step": step},
    )
