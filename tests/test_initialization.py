"""Initializations as frameworks state them: their sigma_w against real draws, and printed code that runs."""

from __future__ import annotations

import json
import math

import pytest

from verify.activation import recipe
from verify.activation.initialization import InitializationError, initialization
from verify.activation.network import propagation
from verify.activation.reading import activation
from verify.command.cli import main
from verify.compile.nonlinearity import nonlinearity

OUT, IN = 700, 400  # of the weights that are drawn
DRAWN = {
    "kaiming_normal_(nonlinearity='relu')": "kaiming_normal_(w, nonlinearity='relu')",
    "kaiming_normal_": "kaiming_normal_(w)",
    "torch.nn.init.kaiming_uniform_(w, a=math.sqrt(5))": "kaiming_uniform_(w, a=math.sqrt(5))",
    "kaiming_normal_(mode='fan_out', nonlinearity='leaky_relu', a=0.3)": None,
    "kaiming_uniform_(nonlinearity='tanh')": None,
    "kaiming_normal_(nonlinearity='selu')": None,
    "xavier_uniform_": "xavier_uniform_(w)",
    "nn.init.xavier_normal_(layer.weight, gain=nn.init.calculate_gain('tanh'))": "xavier_normal_(w, gain=5/3)",
    "xavier_uniform_(gain=calculate_gain('leaky_relu', 0.2))": "xavier_uniform_(w, gain=math.sqrt(2/1.04))",
    "normal_(std=0.02)": None,
    "uniform_(-0.1, 0.1)": None,
    "uniform_(-1/sqrt(fan_in), 1/sqrt(fan_in))": "uniform_(w, -0.05, 0.05)",
    "trunc_normal_(std=0.02)": None,
    "trunc_normal_(std=1.0)": None,
    "trunc_normal_(std=0.02, a=-0.04, b=0.04)": None,
    "orthogonal_(gain=1.5)": None,
    "sparse_(sparsity=0.1, std=0.1)": None,
}


@pytest.mark.parametrize("shape", ((OUT, IN), (IN, OUT)), ids=("wide", "narrow"))
@pytest.mark.parametrize("text", DRAWN)
def test_sigma_w_is_that_of_weights_that_pytorch_draws(text, shape):
    torch = pytest.importorskip("torch")
    call = DRAWN[text] or text.replace("_(", "_(w, ", 1)
    if "fan_in" in text:
        call = f"uniform_(w, -1/{shape[1]}**0.5, 1/{shape[1]}**0.5)"
    torch.manual_seed(1)
    w = torch.empty(*shape)
    eval(call, {"w": w, "math": math} | vars(torch.nn.init))
    said = initialization(text, fan_in=shape[1], fan_out=shape[0])
    measured = math.sqrt(shape[1] * float(w.square().mean()))
    assert float(said.sigma_w) == pytest.approx(measured, rel=0.01)  # 280,000 weights: 0.3 %


def test_layers_of_pytorch_as_they_are():
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    layer = torch.nn.Linear(IN, 4000)
    said = initialization("nn.Linear", fan_in=IN)
    assert float(said.sigma_w) == pytest.approx(math.sqrt(IN) * float(layer.weight.detach().std()), rel=0.01)
    assert float(said.sigma_b) == pytest.approx(float(layer.bias.detach().std()), rel=0.05)
    assert float(said.sigma_b) == pytest.approx(1 / math.sqrt(3 * IN))


# fan-in times the mean square of 400 x 900 kernels, drawn once with jax 0.10.2 and Keras 3.15.1 (0.3 % each).
OTHERS = {
    "jax.nn.initializers.glorot_normal()": 0.6166,
    "jax.nn.initializers.he_uniform()": 2.0018,
    "jax.nn.initializers.lecun_normal()": 1.0020,
    "jax.nn.initializers.variance_scaling(2.0, 'fan_out', 'truncated_normal')": 0.8907,
    "jax.nn.initializers.truncated_normal(0.05)": 400 * 0.044026**2,
    "jax.nn.initializers.orthogonal(1.5)": 1.0,
    "keras.initializers.GlorotUniform()": 0.6147,
    "keras.initializers.HeNormal()": 1.9981,
    "keras.initializers.LecunUniform(seed=1)": 0.9989,
    "keras.initializers.TruncatedNormal(stddev=0.05)": 400 * 0.043960**2,
    "keras.initializers.RandomNormal()": 400 * 0.0500006**2,
    "keras.initializers.RandomUniform()": 400 * 0.028852**2,
    "keras.initializers.Orthogonal(gain=1.5)": 1.0,
}


@pytest.mark.parametrize("text", OTHERS)
def test_initializers_of_jax_and_keras(text):
    said = initialization(text.replace("truncated_normal(0.05)", "truncated_normal(std=0.05)"), 400, 900)
    assert float(said.sigma_w) ** 2 == pytest.approx(OTHERS[text], rel=0.01)


def test_digits_of_sigma_w():
    """As many as --digits may ask for."""
    import mpmath

    with mpmath.workdps(105):
        assert abs(mpmath.mpf(initialization("he_normal").sigma_w) - mpmath.sqrt(2)) < mpmath.mpf(10) ** -102


def test_traps_are_told():
    said = initialization("trunc_normal_(std=0.02)", fan_in=768)
    assert any("Nothing is cut" in note and "0.8796" in note for note in said.notes)
    assert any("0.879626" in note for note in initialization("trunc_normal_(std=1)", fan_in=9).notes)
    assert any("fan-out / fan-in, taken to be 1" in note for note in initialization("xavier_uniform_").notes)
    assert any("leaves biases" in note for note in initialization("kaiming_normal_").notes)
    biased = initialization("he_normal; bias normal_(std=0.1)")
    assert (biased.sigma_b, biased.notes) == ("0.1", ())


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("normal_(std=0.02)", "--fan-in"),
        ("nn.Linear", "--fan-in"),
        ("xaver_uniform", "did you mean xavier_uniform"),
        ("eye_", "draws no random weights"),
        ("zeros_", "draws no random weights"),
        ("normal_(mean=1)", "mean 1"),
        ("uniform_(0, 1)", "mean 0.5"),
        ("kaiming_normal_(nonlinearity='gelu')", "PyTorch has no gain for 'gelu'"),
        ("kaiming_normal_(gain=2)", "no argument 'gain'"),
        ("kaiming_normal_(mode='sideways')", "none of fan_in"),
        ("xavier_uniform_(gain=1e9)", "too large"),
        ("xavier_uniform_(gain=open('f'))", "is no number"),
        ("__import__('os').system('echo')", "no initializer that is known"),
        ("xavier_uniform_(", "no call of an initializer"),
        ("x" * 400, "300 characters"),
        ("he_normal; bias xavier_uniform_", "biases have not"),
        ("normal_(std=-1)", "no negative number"),
    ),
)
def test_what_is_refused(text, words):
    with pytest.raises(InitializationError) as refused:
        initialization(text)
    assert words in str(refused.value) and "\n" not in str(refused.value)


# ------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def data(capsys):
    def call(*arguments: str) -> dict:
        assert main(["activation", *arguments, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return call


def test_the_command_says_what_an_initialization_does(data):
    found = data("tanh", "--init", "nn.Linear", "--fan-in", "512")
    assert found["sigma_w"] == pytest.approx(1 / math.sqrt(3)) and found["phase"] == "ordered"
    said = found["initialization"]
    assert list(said) == ["weights", "biases", "lengths", "gradients", "correlations", "critical"]
    assert "settle at q* = 0.0009756133" in said["lengths"] and "chi1 = 0.332685" in said["gradients"]
    assert "multiply the weights by 1.86802" in said["critical"]
    he = data("relu", "--init", "kaiming_normal_(nonlinearity='relu')")
    assert he["phase"] == "critical" and he["initialization"]["critical"] == "these are critical weights"
    assert he["initialization"]["lengths"] == "every one is kept"
    grown = data("relu", "--init", "kaiming_normal_(nonlinearity='tanh')")["initialization"]
    assert "grow without bound, by a factor 1.38889" in grown["lengths"] and "grow by" in grown["gradients"]
    own = data("tanh", "--init", "he_normal", "--sigma-b", "0.3", "--digits", "40")
    assert own["sigma_b"] == 0.3 and own["initialization"]["biases"].endswith("sigma_b = 0.3")
    assert len(own["certified"]["q_star"].lstrip("0.")) == 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    (
        (["tanh", "--init", "he_normal", "--sigma-w", "1"], "give one of them"),
        (["tanh", "--init", "he_norml"], "did you mean he_normal"),
        (["tanh", "--fan-in", "3"], "belong to --init"),
        (["tanh", "--init", "normal_(std=0.02)"], "--fan-in"),
        (["tanh", "--init", "he_normal", "--fan-in", "0"], "--fan-in: 0 is out of range"),
    ),
)
def test_the_command_refuses_in_one_line(arguments, words, capsys):
    assert main(["activation", *arguments]) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and words in caught.err and caught.err.count("\n") == 1


@pytest.mark.parametrize("before", ([], ["--sigma-w", "1.2"], ["--json"]))
def test_an_expression_may_start_with_a_minus(before, capsys):
    assert main(["activation", *before, "-softplus(-x)"]) == 0
    assert "softplus(-x)" in capsys.readouterr().out
    for option in ("-h", "--help"):
        assert main(["activation", option]) == 0
    assert main(["activation", "tanh", "--sigma-b", "-0.1"]) == 2


# ------------------------------------------------------------------------------------------------ printed code


@pytest.mark.parametrize("kind", recipe.KINDS)
@pytest.mark.parametrize("framework", recipe.WRITERS)
def test_printed_code_is_python_and_says_what_it_does_not_touch(framework, kind):
    text = recipe.WRITERS[framework]("tanh", "1.5", "0.3", kind, ("a remark " * 30,))
    compile(text, framework, "exec")
    assert "transposed" in text and "ormalization" in text and "SIGMA_W, SIGMA_B = 1.5, 0.3" in text
    assert max(map(len, text.splitlines())) <= 120


def test_variances_of_the_printed_code_of_jax_and_keras():
    """By the documented formula of variance_scaling, scale / fan_in with an untruncated Gaussian; run for real once."""
    jax, keras = (recipe.WRITERS[name]("tanh", "1.5", "0.3") for name in ("jax", "keras"))
    assert 'initializers.variance_scaling(SIGMA_W**2, "fan_in", "normal")' in jax
    assert 'scale=SIGMA_W**2, mode="fan_in", distribution="untruncated_normal"' in keras
    for scaling in (
        "variance_scaling(1.5**2, 'fan_in', 'normal')",
        "keras.initializers.VarianceScaling(scale=1.5**2, mode='fan_in', distribution='untruncated_normal')",
    ):
        assert float(initialization(scaling).sigma_w) == pytest.approx(1.5)


@pytest.mark.parametrize("name", ("tanh", "selu", "sin", "hard_tanh"))
def test_slow_decay_is_the_one_that_is_announced(name):
    chosen = activation(name)
    phi, weight = nonlinearity(chosen), propagation(chosen, None, 0.0).critical.sigma_w
    said = recipe.slow_decay(phi, weight)
    if name == "hard_tanh":
        assert "more slowly than exponentially" in said
        return
    scale, power = (float(part.strip("()")) for part in said.split("nears (")[1].rstrip(".").split(" L)^"))
    from numerics.solvers.moments import moments

    q = 0.01
    for _ in range(200):
        q = weight**2 * float(moments(phi, q).square)
    before = (0.01 ** (1 / power)) / scale  # layers that the law needs to come down to the start
    assert q == pytest.approx((scale * (200 + before)) ** power, rel=0.03)


def test_recipes_at_length_zero_warn(data):
    for framework in recipe.WRITERS:
        assert "shrink like a power" in data("tanh", f"--{framework}")[framework]
        assert "shrink like a power" not in data("tanh", "--sigma-b", "0.2", f"--{framework}")[framework]


@pytest.mark.parametrize(
    ("text", "weight", "bias"),
    [
        ("trunc_normal_(std=sqrt(2/fan_in)*0.8796)", 0.8796 * 2**0.5, 0.0),
        ("uniform_(-sqrt(6/fan_in), sqrt(6/fan_in))", 2**0.5, 0.0),
        ("normal_(std=1.5/fan_in**0.5); bias normal_(std=0.1)", 1.5, 0.1),
        ("normal_(std=sqrt(2/(fan_in+fan_out)))", 1.0, 0.0),
    ],
)
def test_a_text_in_which_fan_in_cancels_needs_none(text, weight, bias):
    found = initialization(text)
    assert (float(found.sigma_w), float(found.sigma_b)) == (pytest.approx(weight), pytest.approx(bias))
    assert text.partition(";")[0] in found.weights and any("for every fan_in" in note for note in found.notes)
    assert any("fan_out was taken to be fan_in" in note for note in found.notes) is ("fan_out" in text)


@pytest.mark.parametrize("text", ("trunc_normal_(std=0.02/fan_in)", "he_normal; bias uniform_(-1/fan_in, 1/fan_in)"))
def test_a_text_that_depends_on_fan_in_says_so(text):
    with pytest.raises(InitializationError, match=r"depends on the number of inputs: give (it|that) with --fan-in"):
        initialization(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("he", "did you mean he_normal or he_uniform"),
        ("xavier", "did you mean xavier_normal or xavier_uniform"),
        ("nn.Linear", "^a part of it depends on the number of inputs: give that with --fan-in$"),
        ("nn.Conv2d(3, 8, 3)", "^a part of it depends on the number of inputs: give that with --fan-in$"),
    ],
)
def test_what_is_missing_in_an_initialization_is_said(text, said):
    with pytest.raises(InitializationError, match=said):
        initialization(text)


def test_two_plain_arguments_of_normal_are_mean_and_standard_deviation():
    assert (
        initialization("normal(0, 0.02)", fan_in=400).sigma_w[:4] == initialization("normal_(0, 0.02)", 400).sigma_w[:4]
    )
    assert float(initialization("normal(0.02)", fan_in=400).sigma_w) == pytest.approx(0.4)


def test_code_at_a_critical_point_that_does_not_exist_names_the_biases_where_it_does(capsys):
    assert main(["activation", "silu", "--jax"]) == 2
    assert "give --sigma-w for --jax, or --sigma-b from 0.745079305 on" in capsys.readouterr().err
