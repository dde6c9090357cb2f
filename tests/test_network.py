"""`rederive network`: models against theory, and what is said of planted slips."""

from __future__ import annotations

import functools
import json
import math
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import rederive
from tests import network_models as models
from verify.command.cli import main
from verify.network import diagnosis
from verify.network.initialization import guesses
from verify.network.observe import ModelError
from verify.network.table import NetworkTable
from verify.network.weights import of_layers

HEADER = ("length", "gradient", "stretch")


@functools.cache
def table(name: str, slip: bool = False) -> NetworkTable:
    """The table of one of the six models, right or with its slip, made once."""
    xavier = {False: lambda i, o: math.sqrt(2 / (i + o)), True: lambda i, o: math.sqrt(2 / i + o)}
    by_name = {
        "tanh": lambda: (models.deep_tanh(xavier[slip], depth=10 if slip else 50), (256,)),
        "residual": lambda: (
            models.residual(models.uniform_without_root_3 if slip else nn.init.kaiming_normal_),
            (256,),
        ),
        "siren": lambda: (models.siren(slip), (2,)),
        "block": lambda: (models.transformer_block(slip), (16, 128)),
        "gpt": lambda: (models.gpt(scaled=not slip), (32,)),
        "generator": lambda: (
            models.generator(nn.init.kaiming_normal_ if slip else models.by_what_is_added_up),
            (64, 1, 1),
        ),
    }
    model, shape = by_name[name]()
    return rederive.network(model, shape)


SIX = ("tanh", "residual", "siren", "block", "gpt", "generator")


@pytest.mark.parametrize("name", SIX)
def test_models_within_the_error_of_finite_width(name: str) -> None:
    """Every row of the six models is predicted within its stated error, which is not a large one."""
    found = table(name)
    off = []
    for row in found.rows:
        for kind in HEADER:
            if diagnosis.beyond(getattr(row, kind)) is not None:
                off.append((row.name, row.operation, kind, getattr(row, kind)))
        if diagnosis.beyond(row.correlation, absolute=True) is not None:
            off.append((row.name, row.operation, "correlation", row.correlation))
    assert not off
    assert np.median([row.length.error for row in found.rows]) < 1.5
    assert not [f for f in found.findings if f.kind in ("slip", "not predicted")]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("tanh", "slip", "Xavier without brackets: std sqrt(2 / fan_in + fan_out)"),
        ("residual", "slip", "He by fan-in, as a uniform law without the factor sqrt 3"),
        ("siren", "slip", "SIREN, omega_0 = 30, without the square root"),
        ("block", "slip", "Xavier, its variance used as the standard deviation"),
        ("gpt", "residual", "are not scaled by 1/sqrt(8)"),
        ("generator", "slip", "He by fan-in, with the fan of the wrong axis"),
    ],
)
def test_planted_slips_are_named(name: str, kind: str, words: str) -> None:
    """The slip of each model is named; the model without it is not accused."""
    assert any(f.kind == kind and words in f.sentence for f in table(name, slip=True).findings), [
        f.sentence for f in table(name, slip=True).findings
    ]
    assert not any(words in f.sentence for f in table(name).findings)


def test_the_worked_diagnoses() -> None:
    """The findings that docs/networks.md quotes are those of the three models, and it shows their pictures."""
    page = (Path(__file__).parent.parent / "docs" / "networks.md").read_text(encoding="utf-8")
    quoted = re.findall(r"```text\n(.*?)\n```", page, re.S)
    said = [f"{f.kind}: {f.sentence}" for name in ("tanh", "gpt", "generator") for f in table(name, True).findings]
    assert len(quoted) == 3
    for quote in quoted:
        kind, _, words = quote.partition(": ")
        assert any(s.startswith(f"{kind}: ") and words in s for s in said), quote
    assert len(re.findall(r"!\[.*?\]\(pictures/", page)) == 3


def test_fans_and_variances_of_pytorch_layers() -> None:
    """The table of docs/networks.md is what is measured on layers as PyTorch initializes them."""
    page = (Path(__file__).parent.parent / "docs" / "networks.md").read_text(encoding="utf-8")
    layers = re.findall(r"^\| (\w+) \| `(.*?)` \| (\d+) \| ([\d.]+) \|$", page, re.M)
    assert len(layers) == 9
    torch.manual_seed(7)
    for kind, built, fan_in, sigma_w2 in layers:
        first = next(iter(of_layers(eval(f"nn.{built}", {"nn": nn}))))
        assert first.fan_in == int(fan_in), kind
        assert first.sigma_w2 == pytest.approx(float(sigma_w2), rel=6 / math.sqrt(first.size) + 0.003), kind
        assert first.law == ("normal" if kind == "Embedding" else "uniform"), kind
        if kind != "Embedding":
            assert "default" in guesses(first)[0].name, kind


def test_orthogonal_and_repeated_weights_are_dependent() -> None:
    torch.manual_seed(5)
    for width in (64, 256, 1024):
        linear = nn.Linear(width, width, bias=False)
        nn.init.orthogonal_(linear.weight)
        assert not next(iter(of_layers(linear))).iid
        for fill, ends in ((nn.init.normal_, ()), (nn.init.uniform_, (-1, 1))):
            fill(linear.weight, *ends)
            assert next(iter(of_layers(linear))).iid
        linear.weight.data[width // 2 :] = linear.weight.data[: width // 2]
        assert not next(iter(of_layers(linear))).iid


@pytest.mark.parametrize("fused", [True, False])
def test_attention_written_out_and_fused(fused: bool) -> None:
    found = rederive.network(models.gpt(layers=1, fused=fused), (32,))
    assert not [f for f in found.findings if f.kind == "not predicted"]


def test_normalizations_branches_and_pools() -> None:
    """Batch normalization, pooling, dropout and flattening, in a small convolutional network of images."""
    torch.manual_seed(0)
    convolutional = nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.AvgPool2d(2), nn.Dropout(0.2),
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 64),
    )  # fmt: skip
    found = rederive.network(convolutional, (3, 8, 8))
    assert not [f for f in found.findings if f.kind == "not predicted"]
    assert not [row for row in found.rows if diagnosis.beyond(row.length) is not None]


def test_what_theory_does_not_know_is_said() -> None:
    """A layer without a map is named, and the prediction goes on behind it."""
    model = nn.Sequential(nn.Linear(64, 64), nn.Softmax(dim=-1), nn.Linear(64, 64))
    found = rederive.network(model, 64)
    assert any("no map for softmax" in f.sentence for f in found.findings)
    assert found.rows[-1].length.predicted == pytest.approx(found.rows[-1].length.measured, rel=1.5)


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.Dropout(), nn.Linear(64, 8))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    rederive.network(model, 64)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert torch.equal(state, torch.get_rng_state())


def test_the_spectrum_of_the_jacobian() -> None:
    found = rederive.network(models.deep_tanh(lambda i, o: i**-0.5, depth=3, width=128), 128, spectrum=True)
    assert found.spectrum is not None
    assert np.mean(found.spectrum.squared) == pytest.approx(found.spectrum.predicted_mean, rel=0.2)


def test_curvature_by_curvlinops() -> None:
    """The GGN of a linear model with mean squared error is its Hessian, known in closed form."""
    from verify.network.spectra import curvature

    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)  # torch's own use
    torch.manual_seed(0)
    linear, x, y = nn.Linear(5, 1, bias=False), torch.randn(40, 5), torch.randn(40, 1)
    exact = np.linalg.eigvalsh((2 * x.T @ x / 40).double().numpy())
    for kind in ("hessian", "ggn"):
        found = curvature(linear, nn.MSELoss(), [(x, y)], kind=kind, largest=3)
        assert found == pytest.approx(exact[-3:], rel=1e-4)


def test_a_table_fits_a_screen_and_is_data() -> None:
    found = table("tanh")
    assert all(len(line) <= 260 for line in repr(found).splitlines())
    assert len(repr(found).splitlines()) < 60
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(data["rows"]) == 101
    assert {"length", "correlation", "gradient", "stretch", "causes"} <= set(data["rows"][0])


# ------------------------------------------------------------------------------------------ the command


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of models, the current one."""
    (tmp_path / "some_models.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def build():\n    return nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))\n"
        "def raises():\n    raise RuntimeError('no\\nway')\n"
        "def number():\n    return 3\n"
        "def on_meta():\n    return nn.Linear(4, 4, device='meta')\n"
        "def complex_one():\n    return nn.Linear(4, 4, dtype=torch.complex64)\n"
        "def half():\n    return nn.Linear(4, 4, dtype=torch.float16)\n"
        "def lazy():\n    return nn.LazyLinear(4)\n"
        "def without():\n    return nn.Sequential(nn.Tanh())\n"
        "class Detached(nn.Linear):\n    def forward(self, x):\n        return super().forward(x).detach()\n"
        "def detached():\n    return Detached(4, 4)\n"
        "def leaves():\n    raise SystemExit(3)\n"
        "class Calling(nn.Linear):\n    def __init__(self, call):\n        super().__init__(4, 4)\n"
        "        self.call = call\n"
        "    def forward(self, x):\n        self.call('forward')\n        return super().forward(x)\n"
        "def missing(word):\n    raise FileNotFoundError('no weights')\n"
        "def refusing():\n    return Calling(missing)\n"
        "def leaving():\n    return Calling(lambda word: leaves())\n"
        "def printing():\n    print('built')\n    return Calling(print)\n"
    )
    (tmp_path / "importing.py").write_text("import nowhere_at_all\n")
    (tmp_path / "quitting.py").write_text("raise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "some_models", raising=False)
    return tmp_path


def test_the_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "some_models:build", "--plot", "layers.png", "--spectrum"]) == 0
    text = capsys.readouterr().out
    assert "Findings" in text and "PyTorch's default" in text and "10 squared singular values" in text
    assert "quartiles" in text and "are within 10 % of 1" in " ".join(text.split())
    assert (place / "layers.png").stat().st_size > 10_000
    assert main(["network", "some_models.py:build", "--input", "64", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["input_shape"] == [64]
    assert not (place / "__pycache__").exists()


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # torch's own use
def test_curvature_from_the_command_line(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest eigenvalues come with the answer; without curvlinops one line says what to install."""
    assert main(["network", "some_models:build", "--curvature", "ggn", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["curvature"]
    model = rederive.network(models.deep_tanh(lambda i, o: i**-0.5, depth=1, width=8), 8, curvature="ggn", pairs=2)
    assert found["kind"] == "ggn" and found["largest"] == sorted(found["largest"]) and found["largest"][0] > 0
    assert model.curvature is not None and len(model.curvature.largest) == 10
    assert main(["network", "some_models:build", "--curvature", "hessian"]) == 0
    assert "Curvature: Hessian" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "curvlinops", None)
    assert main(["network", "some_models:build", "--curvature", "ggn"]) == 2
    captured = capsys.readouterr()
    assert "pip install 'rederive[curvature]'" in captured.err and len(captured.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["some_models"], "names no function"),
        (["nowhere_at_all:build"], "no module nowhere_at_all"),
        (["some_models:buidl"], "has no buidl"),
        (["some_models:raises"], "raises RuntimeError: no way"),
        (["some_models:number"], "returns int"),
        (["some_models:leaves"], "leaves() raises SystemExit: 3"),
        (["some_models:refusing", "--input", "4"], "refuses an input of shape (4,): FileNotFoundError: no weights"),
        (["some_models:leaving", "--input", "4"], "refuses an input of shape (4,): SystemExit: 3"),
        (["importing:build"], "it imports nowhere_at_all, which is not installed"),
        (["quitting:build"], "quitting cannot be imported: SystemExit"),
        (["some_models:on_meta", "--input", "4"], "meta device"),
        (["some_models:complex_one", "--input", "4"], "is complex"),
        (["some_models:half", "--input", "4"], "float16"),
        (["some_models:lazy", "--input", "4"], "has no shape yet; run a lazy model once"),
        (["some_models:lazy"], "has no shape yet; run a lazy model once before, as in model(torch.zeros(1, 64))"),
        (["some_models:without", "--input", "4"], "no layers with weights"),
        (["some_models:detached", "--input", "4"], "no tensor that depends on its input"),
        (["some_models:build", "--input", "33"], "refuses an input of shape (33,)"),
        (["some_models:build", "--input", "3x"], "is no shape"),
        (["some_models:build", "--input", "0"], "holds 0 numbers"),
        (["some_models:build", "--plot", "some_models.py/layers.png"], "cannot write"),
    ],
)
def test_bad_input_gives_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["network", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and len(captured.err.splitlines()) == 1 and not captured.out


def test_what_a_model_prints_is_no_part_of_the_answer(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "some_models:printing", "--input", "4", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["input_shape"] == [4] and {"built", "forward"} <= {*captured.err.split()}


@pytest.mark.slow
def test_help_does_not_load_torch() -> None:
    code = "import sys; from verify.command.cli import parser; parser(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# ------------------------------------------------------------------------------------------ models of all sorts


class Applied(nn.Module):
    """Layers, and a function of them and of the input."""

    def __init__(self, function: Callable[[nn.ModuleList, torch.Tensor], object], *layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.function = nn.ModuleList(layers), function

    def forward(self, x: torch.Tensor) -> object:
        return self.function(self.layers, x)


def said(model: nn.Module, shape: tuple[int, ...]) -> str:
    """All findings and causes of a model."""
    found = rederive.network(model, shape)
    return "\n".join([*(f.sentence for f in found.findings), *(c for row in found.rows for c in row.causes)])


def encoder_decoder(layers: nn.ModuleList, x: torch.Tensor) -> object:
    shallow = layers[0](x).relu()
    deep = layers[1](nn.functional.max_pool2d(shallow, 2)).relu()
    return layers[3](torch.cat([shallow, layers[2](deep)], 1))


def test_what_follows_an_unknown_operation_on_images_is_read() -> None:
    """Places stay places behind an operation without a map: pooling by the largest, joined or shuffled channels."""
    layers = (nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 24, 3, padding=1), nn.ConvTranspose2d(24, 16, 2, stride=2))
    found = rederive.network(Applied(encoder_decoder, *layers, nn.Conv2d(32, 8, 3, padding=1)), (3, 8, 8))
    assert [row.operation for row in found.rows][-1] == "conv2d" and found.rows[-1].fan_in == 288
    assert "no map for cat" in said(Applied(encoder_decoder, *layers, nn.Conv2d(32, 8, 3, padding=1)), (3, 8, 8))
    shuffled = nn.Sequential(nn.Conv2d(4, 16, 3), nn.PixelShuffle(2), nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3))
    assert rederive.network(shuffled, (4, 8, 8)).rows[-1].operation == "conv2d"


def test_sequences_of_channels_first() -> None:
    """A first layer of convolutions in one dimension takes channels before places; a group has its own inputs."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(4, 256, 5, padding=2), nn.Tanh(), nn.Conv1d(256, 256, 9, groups=128, padding=4))
    found = rederive.network(model, (4, 20))
    assert found.rows[-1].fan_in == 18
    for row in found.rows[1:]:
        assert row.gradient.measured == pytest.approx(row.gradient.predicted, rel=0.5), row.name
        assert row.length.measured == pytest.approx(row.length.predicted, rel=0.2), row.name


@pytest.mark.parametrize("cell", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers_are_measured_and_their_weights_named(cell: type[nn.RNNBase]) -> None:
    model = Applied(
        lambda layers, x: layers[1](layers[0](x)[0][:, -1]), cell(32, 64, batch_first=True), nn.Linear(64, 8)
    )
    text = said(model, (7, 32))
    assert "PyTorch's default for recurrent layers" in text and "no map for" in text


def test_outputs_however_deep() -> None:
    model = Applied(lambda layers, x: {"loss": None, "parts": [{"first": layers[0](x)}]}, nn.Linear(64, 64))
    assert len(rederive.network(model, 64).rows) == 2


def test_attention_over_the_batch_is_not_taken_for_attention_over_tokens() -> None:
    assert "over the inputs of the batch" in said(nn.TransformerEncoderLayer(64, 4, 128), (6, 64))
    assert "over the inputs" not in said(nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), (6, 64))


def test_what_is_not_gaussian_is_not_taken_for_gaussian() -> None:
    """Behind a sum with something positive a kinked activation is not predicted, and no number of it is false."""

    class PostActivation(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(256, 256)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.linear(x)
            out += x
            return torch.relu_(out)

    torch.manual_seed(0)
    found = rederive.network(nn.Sequential(*[PostActivation() for _ in range(4)]), 256)
    kinked = [row for row in found.rows if row.operation == "relu"]
    assert len(kinked) == 4 and all(row.gradient.measured is not None for row in found.rows)
    for row in kinked:
        assert row.length.measured == pytest.approx(row.length.predicted, rel=0.1)


class Before(nn.Module):
    """Weights, something elementwise, an activation, weights."""

    def __init__(
        self, before: Callable[[torch.Tensor], torch.Tensor], activation: nn.Module, width: int = 2048
    ) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first, self.last = nn.Linear(256, width, bias=False), nn.Linear(width, 256)
        nn.init.normal_(self.first.weight, std=1 / 16)
        self.before, self.activation = before, activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.activation(self.before(self.first(x))))


ONES = torch.full((2048,), 0.8)
FOURTHS = torch.arange(2048) / 2048 + 0.3


def rectified(mean: float, square: float = 1.0) -> float:
    """E relu(h)^2 for a Gaussian h, by hand."""
    z = mean / math.sqrt(square)
    return (mean**2 + square) * math.erfc(-z / math.sqrt(2)) / 2 + mean * math.sqrt(square / 2 / math.pi) * math.exp(
        -(z**2) / 2
    )


@pytest.mark.parametrize(
    ("before", "mean", "square"),
    [
        (lambda h: h + 0.5, 0.5, 1),
        (lambda h: 0.5 + h, 0.5, 1),
        (lambda h: h - 0.5, -0.5, 1),
        (lambda h: 0.5 - h, 0.5, 1),
        (lambda h: ONES - h, 0.8, 1),
        (lambda h: h - ONES, -0.8, 1),
        (lambda h: torch.rsub(h, ONES, alpha=2), 0.8, 4),
        (lambda h: torch.sub(ONES, h, alpha=2), 0.8, 4),
        (lambda h: torch.sub(h, ONES, alpha=2), -1.6, 1),
        (lambda h: torch.add(ONES, h, alpha=2), 0.8, 4),
        (lambda h: -1.5 * (h - 0.2), 0.3, 2.25),
    ],
)
def test_a_gaussian_with_a_mean_in_front_of_an_activation(before, mean: float, square: float) -> None:
    """A bias that all neurons have moves the activation: it is no part of a Gaussian around zero."""
    found = rederive.network(Before(before, nn.ReLU()), 256)
    sigma_w2 = found.rows[1].sigma_w2
    row = next(row for row in found.rows if row.operation == "relu")
    assert row.length.predicted == pytest.approx(rectified(mean, square * sigma_w2), rel=1e-6)
    assert row.length.measured == pytest.approx(row.length.predicted, rel=0.06)
    assert row.correlation.measured == pytest.approx(row.correlation.predicted, abs=0.03)
    assert not [row for row in found.rows for cause in row.causes if "finite width:" not in cause]


@pytest.mark.parametrize("kind", ["linear", "conv", "batch", "layer"])
def test_biases_that_are_equal_are_a_mean(kind: str) -> None:
    layer, shape = {
        "linear": (nn.Linear(256, 1024), (256,)),
        "conv": (nn.Conv1d(64, 1024, 3), (64, 8)),
        "batch": (nn.BatchNorm1d(256), (256,)),
        "layer": (nn.LayerNorm(256), (256,)),
    }[kind]
    nn.init.constant_(layer.bias, -0.4)
    first = nn.Linear(256, 256) if kind in ("batch", "layer") else nn.Identity()
    found = rederive.network(nn.Sequential(first, layer, nn.ReLU()), shape, pairs=16)
    at = next(n for n, row in enumerate(found.rows) if row.operation == "relu")
    square = found.rows[at - 1].length.predicted - 0.16
    assert found.rows[at].length.predicted == pytest.approx(rectified(-0.4, square), rel=1e-6)
    assert found.rows[at].length.measured == pytest.approx(found.rows[at].length.predicted, rel=0.06)
    assert diagnosis.beyond(found.rows[at].correlation, absolute=True) is None
    for scale in found.scales:
        assert scale.activation == "relu shifted by -0.4" and scale.sigma_b == 0 and scale.q_star == 0


PLACES = torch.arange(2048) / 2048
OFFSETS = {
    "two values": torch.where(PLACES < 0.5, 2.0, -2.0),
    "even": 5 * PLACES - 2,
    "one in ten": 5.0 * (torch.arange(2048) % 10 == 0),
    "exponential": -2 * torch.log1p(-PLACES),
    "wide": 40 * PLACES - 20,
}


@pytest.mark.parametrize("name", OFFSETS)
def test_offsets_of_the_features_are_no_part_of_a_gaussian(name: str) -> None:
    """An activation of a Gaussian around a number of each feature, averaged over the features one by one."""
    offsets = OFFSETS[name]
    found = rederive.network(Before(lambda h: h + offsets, nn.ReLU()), 256)
    row = next(row for row in found.rows if row.operation == "relu")
    square = found.rows[1].sigma_w2
    exact = sum(rectified(float(b), square) for b in offsets) / len(offsets)
    assert row.length.predicted == pytest.approx(exact, rel=1e-3)
    assert row.length.measured == pytest.approx(exact, rel=0.02)
    assert row.correlation.measured == pytest.approx(row.correlation.predicted, abs=0.01)
    assert row.stretch.measured == pytest.approx(row.stretch.predicted, rel=0.08)
    assert not [row for row in found.rows for cause in row.causes if "finite width:" not in cause]
    assert not any("silent" in finding.sentence for finding in found.findings)


@pytest.mark.parametrize("kind", ["linear", "conv", "batch", "layer", "scaled"])
def test_biases_of_two_values_are_averaged_over(kind: str) -> None:
    """Learnt biases, whose law is no Gaussian one, in whatever layer they stand."""
    layer, shape = {
        "linear": (nn.Linear(256, 1024), (256,)),
        "conv": (nn.Conv1d(64, 1024, 3), (64, 8)),
        "batch": (nn.BatchNorm1d(1024), (256,)),
        "layer": (nn.LayerNorm(1024), (256,)),
        "scaled": (nn.Linear(256, 1024), (256,)),
    }[kind]
    nn.init.constant_(layer.bias, 1.5)
    layer.bias.data[::2] = -1.0
    first = nn.Linear(256, 1024, bias=False) if kind in ("batch", "layer") else nn.Identity()
    after = [nn.Identity()] if kind != "scaled" else [Applied(lambda layers, x: -2 * x)]
    found = rederive.network(nn.Sequential(first, layer, *after, nn.ReLU()), shape, pairs=16)
    at = next(n for n, row in enumerate(found.rows) if row.operation == "relu")
    factor = -2.0 if kind == "scaled" else 1.0
    square = found.rows[at - 1].length.predicted - factor**2 * (1.5**2 + 1) / 2
    exact = (rectified(1.5 * factor, square) + rectified(-factor, square)) / 2
    assert found.rows[at].length.predicted == pytest.approx(exact, rel=1e-6)
    assert found.rows[at].length.measured == pytest.approx(exact, rel=0.06)
    assert diagnosis.beyond(found.rows[at].correlation, absolute=True) is None


def test_factors_of_the_features_are_no_part_of_a_gaussian() -> None:
    """They go through relu and are said elsewhere; what places are multiplied by is no factor of the features."""
    for make in (lambda: nn.LayerNorm(2048), lambda: nn.BatchNorm1d(2048).eval()):
        norm = make()
        norm.weight.data = 0.1 + 3 * PLACES
        for activation in (nn.ReLU(), nn.LeakyReLU(0.1)):
            found = rederive.network(Before(norm, activation), 256, pairs=32)
            row = next(row for row in found.rows if "relu" in row.operation)
            assert row.length.measured == pytest.approx(row.length.predicted, rel=0.06), row
            assert not [row for row in found.rows for cause in row.causes if "finite width:" not in cause]
        found = rederive.network(Before(norm, nn.Tanh()), 256, pairs=32)
        assert [cause for row in found.rows for cause in row.causes if row.operation == "tanh"] == [
            "not predicted: the features of its argument have scales of their own; "
            "the prediction goes on from what was measured"
        ]
    window, waves = (
        torch.hann_window(9, periodic=False),
        3 * torch.sin(torch.arange(6.0)[:, None] * torch.arange(1, 65)),
    )
    channels = torch.tensor([0.5, 2.0, 1.0]).reshape(3, 1, 1)
    windowed = Applied(lambda layers, x: layers[0](x) * window, nn.Conv1d(4, 9, 3, padding=1))
    assert "places are multiplied by different numbers" in said(windowed, (4, 9))
    standardized = Applied(lambda layers, x: layers[0](x * channels - channels), nn.Conv2d(3, 8, 3))
    assert "not predicted" not in said(standardized, (3, 200, 200))
    placed = Applied(lambda layers, x: torch.tanh(layers[0](x) + waves), nn.Linear(64, 64))
    assert "not Gaussian over the weights" in said(placed, (6, 64))


def test_the_tensor_that_is_taken_of_several_is_said() -> None:
    def several(layers: Sequence[nn.Module], x: torch.Tensor) -> object:
        return {"loss": None, "ones": torch.ones(3), "parts": (layers[0](x), layers[1](x))}

    found = rederive.network(Applied(several, nn.Linear(64, 32), nn.Linear(64, 8)), 64, spectrum=True)
    (said,) = [finding.sentence for finding in found.findings if finding.kind == "outputs"]
    assert "returns 2 tensors" in said and "are those of ['parts'][0] of shape (16, 32), and not of" in said
    assert found.spectrum is not None and len(found.spectrum.squared) == 32
    assert found.spectrum.predicted_mean == pytest.approx(sum(found.spectrum.squared) / 32, rel=0.3)
    assert not [cause for row in found.rows for cause in row.causes if "overflows" in cause]
    assert not any(finding.kind == "outputs" for finding in rederive.network(nn.Linear(64, 8), 64).findings)


@pytest.mark.parametrize("cell", [nn.LSTM, nn.GRU, nn.RNN])
def test_the_last_state_of_a_recurrent_layer_is_the_signal(cell: type[nn.RNNBase]) -> None:
    def last(layers: Sequence[nn.Module], x: torch.Tensor) -> torch.Tensor:
        state = layers[0](x)[1]
        return layers[1]((state[0] if isinstance(state, tuple) else state)[-1])

    found = rederive.network(Applied(last, cell(32, 64, num_layers=2, batch_first=True), nn.Linear(64, 8)), (7, 32))
    *_, state, end = found.rows
    assert (state.name, end.operation) == ("layers.0", "linear") and end.gradient.measured > 0
    assert state.gradient.measured == pytest.approx(state.gradient.predicted, rel=0.5)


def test_one_number_for_each_input_is_an_output() -> None:
    found = rederive.network(Applied(lambda layers, x: layers[0](x).max(dim=1), nn.Linear(64, 32)), 64)
    assert found.rows[-1].operation == "max" and found.rows[-1].gradient.measured == pytest.approx(1, rel=1)
    with pytest.raises(ModelError, match="and has a row for each"):
        rederive.network(Applied(lambda layers, x: layers[0](x).sum(), nn.Linear(64, 32)), 64)


def test_masks_and_copies_of_the_signal_are_no_constants() -> None:
    for before in (lambda h: h * (h > 0), lambda h: h * (h > 0).float().mul(2), lambda h: h + h.detach()):
        found = rederive.network(Before(before, nn.Tanh()), 256)
        assert any(
            "depends on the signal by a comparison or a copy" in cause for row in found.rows for cause in row.causes
        )
        assert not [cause for row in found.rows for cause in row.causes if "no cause was found" in cause]


def test_branches_are_added_with_their_factors() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.Linear(256, 1024), nn.Linear(256, 1024)
            nn.init.constant_(self.other.bias, 0.3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(torch.sub(self.one(x), self.other(x), alpha=2))

    torch.manual_seed(0)
    found = rederive.network(Two(), 256)
    one, other, added = (row.length.predicted for row in found.rows[1:4])
    assert added == pytest.approx(one + 4 * other, rel=1e-9)
    assert not [row for row in found.rows for cause in row.causes if "finite width:" not in cause]


def test_weights_that_two_layers_share_are_named() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(256, 128) / 11)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(x @ self.weight.T) @ self.weight

    torch.manual_seed(0)
    causes = [cause for row in rederive.network(Tied(), 128).rows for cause in row.causes]
    assert any("the weights of Tied are those of another layer, too" in cause for cause in causes)
    assert not any("no cause was found" in cause for cause in causes)


def test_what_weights_are_made_of_is_no_layer() -> None:
    """Norm and direction, or numbers and a mask: one layer is one layer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        normed = nn.utils.weight_norm(nn.Linear(64, 128))
    masked = prune.identity(nn.Linear(128, 64), "weight")
    found = rederive.network(nn.Sequential(normed, nn.ReLU(), masked), 64)
    assert "2 x Linear: uniform" in found.findings[0].sentence and len(found.findings) == 2


@pytest.mark.parametrize(
    ("equation", "shape"),
    [
        ("bi,ij->bj", (256, 512)),
        ("b i, j i -> b j", (512, 256)),
        ("ij,bi->bj", (256, 512)),
        ("...i,oi->...o", (512, 256)),
    ],
)
def test_products_by_einsum_are_products(equation: str, shape: tuple[int, int]) -> None:
    class Sums(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(*shape) / 16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            pair = (self.weight, x) if equation.startswith("ij") else (x, self.weight)
            return torch.einsum(equation, *pair).clamp(min=0)

    torch.manual_seed(0)
    found = rederive.network(Sums(), 256)
    assert [row.operation for row in found.rows] == ["input", "einsum", "clamp"]
    assert found.rows[1].fan_in == 256 and found.rows[1].sigma_w2 == pytest.approx(1, rel=0.02)
    assert found.rows[2].length.predicted == pytest.approx(found.rows[1].length.predicted / 2, rel=1e-8)
    assert not [row for row in found.rows for cause in row.causes if "finite width:" not in cause]


@pytest.mark.parametrize(
    ("call", "ends"),
    [
        (lambda h: h.clamp(-0.5, 1), (-0.5, 1)),
        (lambda h: torch.clip(h, max=0.3), (None, 0.3)),
        (lambda h: h.clamp_min(0.2), (0.2, None)),
        (lambda h: h.clamp_max_(torch.tensor(0.2)), (None, 0.2)),
    ],
)
def test_clamped_numbers_are_activations(call, ends) -> None:
    found = rederive.network(Before(call, nn.Identity()), 256)
    h = np.linspace(-9, 9, 400_001)
    clamped = np.clip(h * math.sqrt(found.rows[1].sigma_w2), *ends)
    expected = float(np.sum(clamped**2 * np.exp(-(h**2) / 2)) / math.sqrt(2 * math.pi) * (h[1] - h[0]))
    assert found.rows[2].length.predicted == pytest.approx(expected, rel=1e-6)
    assert not [row for row in found.rows for cause in row.causes if "finite width:" not in cause]


def test_weights_that_are_not_read_are_named() -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.randn(8, 4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.einsum("bi,jk->bijk", x, self.table)

    with pytest.raises(ValueError, match="no operation that is known uses table"):
        rederive.network(Outer(), 16)


def test_a_model_that_recomputes_is_told_what_to_do() -> None:
    from torch.utils.checkpoint import checkpoint

    class Thrifty(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return checkpoint(lambda h: torch.tanh(super(Thrifty, self).forward(h)), x, use_reentrant=False)

    with pytest.raises(ValueError, match=r"recomputes parts .* switch that off"):
        rederive.network(Thrifty(64, 64), 64)


def test_weights_of_zero_are_said() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    assert "its argument is zero" in said(model, (64,))


def test_a_compiled_model_is_that_which_was_compiled() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 8))
    assert (
        rederive.network(torch.compile(model, backend="eager"), 64).to_dict() == rederive.network(model, 64).to_dict()
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_models_that_cannot_be_read_are_refused_in_a_line() -> None:
    plain = nn.Sequential(nn.Linear(64, 64), nn.Tanh())
    with pytest.raises(ValueError, match="scripted or traced"):
        rederive.network(torch.jit.trace(plain, torch.zeros(2, 64)), 64)
    overwritten = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1, inplace=True), nn.Linear(64, 8))
    with pytest.raises(ValueError, match="cannot be differentiated"):
        rederive.network(overwritten, 64)


def test_one_pass_forward_and_one_back() -> None:
    """The model is run once; each product with weights is taken for the signal, its derivative, and the way back."""
    model = models.deep_tanh(lambda i, o: i**-0.5, depth=5, width=64)
    calls = {"forward": 0}
    model.register_forward_hook(lambda *_: calls.update(forward=calls["forward"] + 1))
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        rederive.network(model, 64)
    products = 3 * 5 * 2 * 16 * 64 * 64
    assert calls["forward"] == 1
    assert counter.get_total_flops() <= products + 5 * 2 * 64**3  # the rest: products of rows of weights
