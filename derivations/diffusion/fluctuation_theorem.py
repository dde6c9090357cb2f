r"""Work relations: whatever is done to a particle, and however fast, the mean of e^(-W) is known.

Premises: a particle in a harmonic trap whose stiffness is changed in jumps, with rests of any length between them, from
equilibrium. The mean of e^(-W) over all runs (Jarzynski), and ratios of means over runs and over runs of the reversed
protocol (Crooks), depend on the two ends only. The same identity, with a model's reverse chain for the reversed
protocol, gives the exact likelihood of a diffusion model as a mean over forward chains.
"""

from __future__ import annotations

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Exact, Parameter, Source, Statement

jarzynski, crooks = sp.symbols("J_W Q_a", positive=True)
k_0, k_n = sp.symbols("k_0 k_n", positive=True)
free_energy = sp.Symbol("Delta_F", real=True)

STATEMENT = Statement(
    module=__name__,
    title="Work relations of Jarzynski and Crooks",
    formula=sp.Eq(sp.Tuple(jarzynski, crooks), sp.Tuple(sp.exp(-free_energy), sp.exp(-free_energy)), evaluate=False),
    where=(sp.Eq(free_energy, sp.log(k_n / k_0) / 2, evaluate=False),),
    parameters=(
        Parameter(symbol=k_0, meaning="stiffness of the trap at the start", domain=POSITIVE, typical=(0.5, 2.5)),
        Parameter(symbol=k_n, meaning="stiffness of the trap at the end", domain=POSITIVE, typical=(0.7, 4.5)),
    ),
    assumptions=(
        "The particle starts in equilibrium, in units of temperature and friction; between jumps it obeys "
        "dx = -k x dt + sqrt(2) dW.",
        "J_W is the mean of e^(-W); Q_a is the mean of exp(-a W) over that of exp(-(1 - a) W) in the reversed "
        "protocol, for any a at which both are finite, as they are from 0 to 1.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Achieving Flexibility and Tractability"),
        Source(document="jarzynski1997nonequilibrium", where="the nonequilibrium equality"),
        Source(document="crooks1999entropy", where="the fluctuation theorem for the work"),
    ),
    covers=("F10",),
)


def derivation() -> tuple[Step, ...]:
    """From detailed balance of each rest and the weight of each jump."""
    x, y = sp.symbols("x y", real=True)
    k, duration = sp.symbols("k tau", positive=True)
    keep = sp.exp(-k * duration)
    weight = -k * x**2 / 2 - (y - keep * x) ** 2 * k / (2 * (1 - keep**2))
    stiffness = (k_0, *sp.symbols("k_1:3", positive=True), k_n)
    places = sp.symbols("x_0:4", real=True)
    times = sp.symbols("tau_1:4", positive=True)

    def rest(number: int, before: sp.Expr, after: sp.Expr) -> sp.Expr:
        """Logarithm of the density of a rest at a stiffness, less what depends on neither end."""
        share = sp.exp(-stiffness[number] * times[number - 1])
        return -stiffness[number] * (after - share * before) ** 2 / (2 * (1 - share**2))

    forward, backward, done = -k_0 * places[0] ** 2 / 2, -k_n * places[3] ** 2 / 2, sp.S.Zero
    for number in (1, 2, 3):
        done += (stiffness[number] - stiffness[number - 1]) * places[number - 1] ** 2 / 2
        forward += rest(number, places[number - 1], places[number])
        backward += rest(number, places[number], places[number - 1])
    a, w = sp.symbols("a w", real=True)
    chance = sp.Function("p")(-w)
    share = STATEMENT.where[0].rhs
    return (
        Step(
            claim="A jump by itself turns one equilibrium into the next, if runs count e^(-W).",
            because="The work is the change of energy: it is added in the exponent.",
            obligation=-k_0 * x**2 / 2 - (k - k_0) * x**2 / 2 + k * x**2 / 2,
        ),
        Step(
            claim="A rest is as likely backwards as forwards in equilibrium, whatever its length.",
            because="The exponent of equilibrium and kernel is symmetric in the two ends.",
            obligation=weight - weight.subs({x: y, y: x}, simultaneous=True),
        ),
        Step(
            claim="A run is e^W times as likely as its reverse in the reversed protocol, up to normalizations.",
            because="Exponents of three jumps and rests, with any stiffness and duration, are compared.",
            obligation=forward - backward - done,
            instances="three jumps",
        ),
        Step(
            claim="The normalizations of the two equilibria give e^(-Delta F), the root of k_0 / k_n.",
            because="A Gaussian of inverse variance k has the integral sqrt(2 pi / k).",
            obligation=sp.sqrt(2 * sp.pi / k_n) / sp.sqrt(2 * sp.pi / k_0) - sp.exp(-share),
            shows=STATEMENT.where[0],
        ),
        Step(
            claim="So p(W) = e^(W - Delta F) p_R(-W), and means of exp(-a W) are tied to means of exp(-(1 - a) W).",
            because="The exponents are added; at a = 1 the reversed mean is that of 1, which leaves Jarzynski's.",
            obligation=(
                sp.exp(-a * w) * sp.exp(w - free_energy) * chance
                - sp.exp(-free_energy) * sp.exp(-(1 - a) * (-w)) * chance,
                STATEMENT.right[0] - STATEMENT.right[1],
            ),
            shows=STATEMENT.formula,
        ),
    )
