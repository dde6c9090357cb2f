"""An observation."""

from __future__ import annotations

import functools

import numpy as np

from derivations.statement import Observation
from numerics.measurement import Measurement, from_replicas
from numerics.streams import Stream
from tests.faulty_claims import SOURCE, module_of
from verify.checks import Trend
from verify.claim import Claim


def gaps(*, replicas: int, stream: Stream, device: str, size: float) -> Measurement:
    """Noisy gaps between three levels."""
    return from_replicas(size + stream.generator().normal(scale=0.1, size=(replicas, 3)))


CLAIM = Claim(
    statement=Observation(
        module=module_of("sound", "ordering"),
        title="Levels are ordered",
        sentence="Broad levels come before fine ones.",
        quantity="gap between levels",
        negative_control="equal levels",
        sources=(SOURCE,),
        covers=("B1",),
    ),
    convention="Gaps in units of the first.",
    independence="Numbers drawn for a test.",
    checks=(
        Trend(
            name="gaps",
            quick=functools.partial(gaps, size=np.float64(1.0)),
            control=functools.partial(gaps, size=0.0),
            replicas=10,
        ),
    ),
)
