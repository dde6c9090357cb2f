"""What the largest trainings do on a GPU: the same code on the processor at small sizes, and the real sizes on CUDA."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from numerics.jacobian_spectrum import learning
from numerics.streams import Stream
from verify.claims.jacobian_spectrum import learning_speed, thirty_layers

CUDA = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"))
DEVICES = ("cpu", CUDA)
FEW = {"updates": learning.WINDOW + 1, "batch": 4}
TRAINED = [(claim, check) for claim in (learning_speed.CLAIM, thirty_layers.CLAIM) for check in claim.checks]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("part", ("full", "full_control"))
@pytest.mark.parametrize(("claim", "check"), TRAINED, ids=lambda value: getattr(value, "name", ""))
def test_what_a_gpu_trains(claim, check, part, device):
    """500 neurons and up to 300 layers there; as many layers of 20 neurons, and few updates, on the processor."""
    run = getattr(check, part).keywords["gpu"]
    training = run.keywords["training"]
    assert training.width == 500 and (run.keywords.get("layers") in (3, 30, 300) or 300 in run.keywords["depths"])
    if device == "cpu":
        training = replace(training, width=20, **FEW)
    settings = {**run.keywords, "training": training}
    found = run.func(replicas=2, stream=Stream(1, ("wide",)), device=device, data=None, **settings)
    assert np.all(np.isfinite(found.values)) and found.resolution["width"] == training.width


def test_a_gpu_takes_the_larger_experiment(monkeypatch):
    rest = {"replicas": 2, "stream": Stream(1, ("either",)), "data": None}

    def run(*, name: str, **_: object) -> str:
        return name

    def chosen(device: str) -> object:
        either = {name: lambda name=name, **given: run(name=name, **given) for name in ("processor", "gpu")}
        return learning.by_device(**either, device=device, **rest)

    assert chosen("cpu") == "processor"
    monkeypatch.setattr(learning, "resolve_device", lambda device: "cuda")
    assert chosen("auto") == "gpu"
