"""Activations by the names that PyTorch, JAX, Keras and papers give them, written in the language that is read.

Spelling does not matter: a name is looked up without case, spaces, dots, hyphens and underscores. Where frameworks mean
different things by one name, the prefix decides (jax.nn.gelu is the tanh form), and a note says what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FRAMEWORKS = {
    "torch": "torch",
    "nn": "",
    "F": "torch",
    "functional": "",
    "jax": "jax",
    "flax": "jax",
    "linen": "jax",
    "jnp": "jax",
    "lax": "jax",
    "keras": "keras",
    "tf": "keras",
    "tensorflow": "keras",
    "activations": "",
    "layers": "",
    "ops": "",
    "modules": "",
    "activation": "",
    "special": "",
    "scipy": "",
    "numpy": "",
    "np": "",
    "math": "",
    "transformers": "",
    "timm": "",
}
IGNORED = ("inplace", "name", "dtype", "out")  # arguments that change no value


@dataclass(frozen=True)
class Named:
    """An activation as text in x and its parameters, with their defaults in the order in which they are passed."""

    name: str
    text: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    spellings: tuple[str, ...] = ()
    note: str = ""


SHIFTED = "clip(x + 3, 0, 6) / 6"
TANH_GELU = "x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2"

TABLE = (
    Named("linear", "x", spellings=("identity",)),
    Named("tanh", "tanh(x)"),
    Named("erf", "erf(x)"),
    Named("sin", "sin(x)", spellings=("sine",)),
    Named("cos", "cos(x)", spellings=("cosine",)),
    Named("exp", "exp(x)", spellings=("exponential",)),
    Named("expm1", "exp(x) - 1"),
    Named("square", "x**2"),
    Named("abs", "abs(x)", spellings=("absolute", "modulus")),
    Named("arctan", "arctan(x)", spellings=("atan",)),
    Named("asinh", "asinh(x)", spellings=("arcsinh",)),
    Named("sigmoid", "1 / (1 + exp(-x))", spellings=("logistic", "expit")),
    Named(
        "softplus",
        "log(1 + exp(beta * x)) / beta",
        {"beta": "1", "threshold": "20"},  # where PyTorch saves digits
    ),
    Named("log_sigmoid", "-log(1 + exp(-x))"),
    Named("relu", "max(0, x)", spellings=("rectifier", "ramp")),
    Named("relu6", "clip(x, 0, 6)"),
    Named("relu_squared", "max(0, x)**2", spellings=("squared_relu", "relu2", "relu_squared_activation")),
    Named(
        "leaky_relu",
        "max(0, x) + negative_slope * min(0, x)",
        {"negative_slope": "0.01"},
        ("lrelu",),
        "leaky_relu has slope 0.01 below zero in PyTorch and JAX, 0.2 in Keras 3 and TensorFlow (0.3 in Keras 2): "
        "here {negative_slope}.",
    ),
    Named("prelu", "max(0, x) + init * min(0, x)", {"num_parameters": "1", "init": "0.25"}),
    Named(
        "rrelu",
        "max(0, x) + (lower + upper) / 2 * min(0, x)",
        {"lower": "1/8", "upper": "1/3"},
        note="rrelu draws its slope in training; here is its mean, which PyTorch takes in evaluation.",
    ),
    Named("hard_tanh", "clip(x, min_val, max_val)", {"min_val": "-1", "max_val": "1"}),
    Named(
        "hard_sigmoid",
        SHIFTED,
        note="hard_sigmoid is relu6(x + 3) / 6 as in PyTorch, JAX and Keras 3; the clip(0.2 x + 0.5, 0, 1) of Keras 2 "
        "is hard_sigmoid_keras2.",
    ),
    Named("hard_sigmoid_keras2", "clip(0.2 * x + 0.5, 0, 1)"),
    Named("hard_swish", f"x * {SHIFTED}", spellings=("hard_silu",)),
    Named("elu", "x if x > 0 else alpha * (exp(x) - 1)", {"alpha": "1"}),
    Named("celu", "x if x > 0 else alpha * (exp(x / alpha) - 1)", {"alpha": "1"}),
    Named(
        "selu",
        "1.0507009873554804934193349852946 * (x if x > 0 else 1.6732632423543772848170429916717 * (exp(x) - 1))",
    ),
    Named("gelu", "x * (1 + erf(x / sqrt(2))) / 2", {"approximate": "none"}, ("gelu_python",)),
    Named(
        "gelu_tanh",
        TANH_GELU,
        {"approximate": "tanh"},
        ("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate"),
    ),
    Named("quick_gelu", "x / (1 + exp(-1.702 * x))", spellings=("gelu_quick", "gelu_sigmoid")),
    Named("silu", "x / (1 + exp(-x))"),
    Named("swish", "x / (1 + exp(-beta * x))", {"beta": "1"}),
    Named("mish", "x * tanh(log(1 + exp(x)))"),
    Named("softsign", "x / (1 + abs(x))"),
    Named("tanh_shrink", "x - tanh(x)"),
    Named(
        "soft_shrink",
        "x - lambd if x > lambd else (x + lambd if x < -lambd else 0)",
        {"lambd": "0.5"},
    ),
    Named("hard_shrink", "x if x > lambd else (x if x < -lambd else 0)", {"lambd": "0.5"}),
    Named("threshold", "x if x > threshold else value", {"threshold": "", "value": ""}),
    Named("snake", "x + sin(alpha * x)**2 / alpha", {"alpha": "1"}),
    Named("squareplus", "(x + sqrt(x**2 + b)) / 2", {"b": "4"}),
    Named("sparse_plus", "0 if x < -1 else (x if x > 1 else (x + 1)**2 / 4)"),
    Named("sparse_sigmoid", "clip(x / 2 + 1 / 2, 0, 1)"),
    Named(
        "sinc",
        "sinc(x)",
        note="sinc is sin(pi x) / (pi x), as in PyTorch, JAX and NumPy; sin(x) / x is sinc(x / pi).",
    ),
    Named("gaussian", "exp(-x**2)", note="gaussian is exp(-x^2)."),
    Named("lisht", "x * tanh(x)"),
    Named("telu", "x * tanh(exp(x))"),
    Named("serf", "x * erf(log(1 + exp(x)))"),
    Named("isru", "x / sqrt(1 + alpha * x**2)", {"alpha": "1"}),
    Named("bent_identity", "(sqrt(x**2 + 1) - 1) / 2 + x"),
    Named("lecun_tanh", "1.7159 * tanh(2 * x / 3)", spellings=("scaled_tanh", "stanh")),
    Named("laplace", "(1 + erf((x - mu) / (sigma * sqrt(2)))) / 2", {"mu": "0.707107", "sigma": "0.282095"}),
    Named("sign", "sign(x)", spellings=("sgn", "signum")),
    Named("heaviside", "step(x)", spellings=("binary_step", "unit_step")),
)
DIFFERENT: dict[tuple[str, str], tuple[str, dict[str, str]]] = {
    ("jax", "gelu"): ("gelu_tanh", {}),
    ("keras", "leakyrelu"): ("leaky_relu", {"negative_slope": "0.2"}),
    ("keras", "hardtanh"): ("hard_tanh", {}),
}
SAME_ARGUMENT = {  # as other frameworks call a parameter
    "negative_slope": ("alpha", "negativeslope", "slope"),
    "lambd": ("lambda_", "threshold", "threshold_lower"),
    "alpha": ("a", "frequency"),
    "init": ("weight", "alpha"),
    "min_val": ("min", "min_value"),
    "max_val": ("max", "max_value"),
    "b": ("beta",),
}
NOT_OF_ONE_NUMBER = (
    *("softmax", "softmin", "log_softmax", "softmax2d", "gumbel_softmax", "sparsemax", "logsumexp", "maxout", "crelu"),
    *("glu", "geglu", "swiglu", "reglu", "layer_norm", "batch_norm", "dropout", "standardize", "normalize"),
)


def key(name: str) -> str:
    """A name without what spelling adds to it."""
    return re.sub(r"[\s._-]", "", name).lower()


NAMES: dict[str, Named] = {key(spelling): named for named in TABLE for spelling in (named.name, *named.spellings)}
COLLECTIVE = {key(name): name for name in NOT_OF_ONE_NUMBER}


def find(path: str) -> tuple[Named, dict[str, str]] | None:
    """The activation that a name with any prefix of a framework means, with defaults of its own, or None."""
    *prefixes, last = path.split(".")
    if not all(prefix in FRAMEWORKS for prefix in prefixes):
        return None
    framework = next((FRAMEWORKS[p] for p in prefixes if FRAMEWORKS[p]), "")
    if (framework, key(last)) in DIFFERENT:
        name, defaults = DIFFERENT[framework, key(last)]
        return NAMES[key(name)], defaults
    named = NAMES.get(key(last))
    return None if named is None else (named, {})


def nearest(name: str, others: tuple[str, ...] = ()) -> list[str]:
    """Names like one that is unknown, the likeliest first."""
    import difflib

    known = {key(other): other for other in others} | {spelling: named.name for spelling, named in NAMES.items()}
    typed = key(name.rsplit(".", 1)[-1])
    found = difflib.get_close_matches(typed, list(known), n=3, cutoff=0.6)
    found.sort(key=lambda spelling: sorted(spelling) != sorted(typed))  # two letters swapped come first
    return list(dict.fromkeys(known[spelling] for spelling in found))
