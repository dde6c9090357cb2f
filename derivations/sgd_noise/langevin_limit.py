"""Small steps: from the update rule of stochastic gradient descent to the Langevin and the Fokker-Planck equation.

Premises: minibatches of B examples drawn with replacement, the step -(epsilon/B) sum of the gradients at the weight
before the step, one step lasts dt = epsilon. The limit is epsilon to 0 with epsilon F / B fixed, so the spread of the
examples' gradients grows like epsilon^(-1/2): write epsilon = h^2 and the gradient of example s as L' + n_s / h.

What the slides leave out. With the gradient of the mean loss and dt = epsilon/N the drift of the printed Langevin
equation is too small by the factor N; consistent are (A) mean loss, dt = epsilon, g = epsilon/(2B), used here, and (B)
summed loss, dt = epsilon/N, g = epsilon N/(2B). Small epsilon at a fixed data set and a fixed epsilon/B would not do:
the cumulant of order n of a step, per unit of time, is then (2g)^(n-1) times that of an example's gradient, and none of
them vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from derivations import sgd_noise
from derivations.proof import Step
from derivations.sgd_noise.minibatch_covariance import STATEMENT as COVARIANCE
from derivations.sgd_noise.minibatch_covariance import F_ab, average, minibatches
from derivations.statement import Limit, Parameter, Printed, Source, Statement
from derivations.symbols import B, N, epsilon, g, gradient_noise, loss, theta

change = sp.Function("A_f")
f = sp.Function("f", real=True)
SLIDE = Source(
    document="002",
    where=("SGD as Langevin Dynamics (Smith & Le, arXiv:1710.06451); SGD as Langevin Dynamics: Fokker-Planck equation"),
)
DIFFUSION_LIMIT = Source(document="ethier1986markov", where="diffusion approximation")


def generator(drift: sp.Expr, scale: sp.Expr) -> sp.Expr:
    """Change of the mean of f per unit of time under a drift and noise of covariance 2 scale F, in Ito's sense."""
    return drift * f(theta).diff(theta) + scale * gradient_noise(theta) * f(theta).diff(theta, 2)


STATEMENT = Statement(
    module=__name__,
    title="Langevin limit of stochastic gradient descent",
    formula=sp.Eq(change(theta), generator(-loss(theta).diff(theta), g)),
    where=(sp.Eq(g, epsilon / (2 * B), evaluate=False),),
    parameters=(
        Parameter(symbol=theta, meaning="weight before the step", domain=sp.S.Reals, typical=(-1.7, 1.9)),
        Parameter(symbol=f, meaning="test function of the weight"),
        sgd_noise.LOSS.narrowed("as a function of the weight"),
        Parameter(symbol=gradient_noise, meaning="covariance of the examples' gradients, as a function of the weight"),
        sgd_noise.LEARNING_RATE,
        sgd_noise.BATCH,
        sgd_noise.EXAMPLES.narrowed("which drops out"),
    ),
    assumptions=(
        "The left-hand side is the mean change of f in one step over the learning rate: dt = epsilon, mean loss L.",
        sgd_noise.WITH_REPLACEMENT,
        sgd_noise.SMALL_RATE,
    ),
    regime=Limit(parameter=epsilon, towards=sp.S.Zero, rate=epsilon),
    sources=(
        SLIDE,
        Source(document="smith2018bayesian", where="the noise of stochastic gradient descent and its scale"),
    ),
    covers=("G4",),
    uses=(COVARIANCE.id,),
    printed=(
        Printed(
            erratum="E7",
            kind="misprint",
            formula=sp.Eq(change(theta), generator(-loss(theta).diff(theta) / N, epsilon / (2 * B))),
            note="With dt = epsilon/N, the mean loss and g = epsilon N/(2B) the noise of a step is right and the drift "
            "N times too small.",
            source=SLIDE,
        ),
    ),
)


def probability_current(
    weights: tuple, landscape: sp.Expr, noise: Mapping[tuple, sp.Expr], u: sp.Expr, derivative: Callable
) -> tuple[sp.Expr, ...]:
    """Current -d_a L u - g d_b (F_ab u) of the Fokker-Planck equation, one component for each weight.

    noise        F_ab by the pair of numbers of the weights
    derivative   (function, weight) -> the derivative by that weight
    """
    count = range(len(weights))
    return tuple(
        -derivative(landscape, weights[a]) * u - g * sum(derivative(noise[a, b] * u, weights[b]) for b in count)
        for a in count
    )


def taylor_of_power(base: sp.Expr, power: sp.Expr, letter: sp.Symbol, order: int) -> list[sp.Expr]:
    """Coefficients of base**power at letter = 0 up to an order, from w' base = power base' w for w = base**power."""
    derivatives = [base]
    for _ in range(order):
        derivatives.append(derivatives[-1].diff(letter))
    a = [sp.expand(d.subs(letter, 0)) / sp.factorial(k) for k, d in enumerate(derivatives)]
    w = [a[0] ** power]
    for n in range(1, order + 1):
        w.append(sp.expand(sum((k * power - n + k) * a[k] * w[n - k] for k in range(1, n + 1)) / (n * a[0])))
    return w


def derivation() -> tuple[Step, ...]:
    """Moments of a step, its action on test functions, and the adjoint equation for the density."""
    return (*_test_functions(), *_fokker_planck(), _units())


def _test_functions() -> tuple[Step, ...]:
    h, turn = sp.Symbol("h", positive=True), sp.Symbol("s", real=True)
    drift, waves = sp.symbols("G_1 G_2", real=True), sp.symbols("k_1 k_2", real=True)
    covariances = {(0, 0): "F_11", (0, 1): "F_12", (1, 0): "F_12", (1, 1): "F_22"}  # of n, the noise times h
    spread = sum(waves[a] * waves[b] * sp.Symbol(name, real=True) for (a, b), name in covariances.items())
    third, fourth = sp.symbols("M_3 M_4", real=True)  # mean powers of k.n; its mean vanishes
    push = sum(k * slope for k, slope in zip(waves, drift, strict=True))
    # The mean over the examples of exp(s k.step / B), up to the order h^4: h^2 L' and h n are in a step.
    size = turn * h / B
    one = sp.exp(-turn * h**2 * push / B) * (1 + size**2 * spread / 2 - size**3 * third / 6 + size**4 * fourth / 24)
    enumerated = []
    for examples, drawn in ((3, 2), (2, 3)):
        values = sp.symbols(f"e_1:{examples + 1}", real=True)
        products = [sp.Mul(*(values[s] for s in batch)) for batch in minibatches(examples, drawn)]
        enumerated.append(sp.expand(average(products) - average(list(values)) ** drawn))
    moments = [sp.expand(term / h**2).subs(h, 0) for term in taylor_of_power(one, B, turn, 4)[3:]]
    expected = -push + spread / (2 * B)
    wave = taylor_of_power(one.subs(turn, 1), B, h, 2)
    # One weight: the plane wave exp(k theta) put into the statement, where h^2 F is the mean square of n.
    k, square = waves[0], sp.Symbol("F_11", real=True)
    claimed = STATEMENT.right[0].subs(g, STATEMENT.where[0].rhs).replace(f, lambda a: sp.exp(k * a)).doit()
    claimed = claimed.subs({loss(theta).diff(theta): drift[0], epsilon: h**2, gradient_noise(theta): square / h**2})
    covariance = COVARIANCE.right[0].subs(F_ab, gradient_noise(theta))
    return (
        Step(
            claim="Draws with replacement are independent: the mean of a product over the draws of a minibatch is the "
            "B-th power of the mean over the examples.",
            because="One draw more multiplies by the mean over the examples; enumerated for three examples in twos and "
            "two in threes.",
            obligation=(*enumerated, one ** (B + 1) - one * one**B),
        ),
        Step(
            claim="Moments of a step of order three and four vanish against its duration.",
            because="With epsilon = h^2 and gradients whose spread grows like 1/h they are of order h^3 and h^4: "
            "derivatives of the mean of exp(s k.step) for any minibatch and any examples.",
            obligation=tuple(moments),
        ),
        Step(
            claim="A plane wave of two weights changes in a time dt = epsilon at the rate -dL.k + g F_ab k_a k_b.",
            because="Its mean over all minibatches of B examples is expanded to the order h^2 = epsilon.",
            obligation=(wave[0] - 1, wave[1], wave[2] - expected),
        ),
        Step(
            claim="For one weight this is the claimed change of a test function.",
            because="Plane waves span the test functions; one of them is put into the statement.",
            obligation=expected.subs(waves[1], 0) - claimed * sp.exp(-k * theta),
            shows=STATEMENT.formula,
        ),
        Step(
            claim="The noise scale makes 2 g F dt the covariance of a step for any number of examples.",
            because="The covariance of a minibatch step is taken from its own derivation, and dt = epsilon.",
            obligation=2 * STATEMENT.where[0].rhs * gradient_noise(theta) * epsilon - covariance,
            shows=sp.Eq(2 * g * gradient_noise(theta) * epsilon, covariance, evaluate=False),
        ),
    )


def _fokker_planck() -> tuple[Step, ...]:
    weights = sp.symbols("theta_1 theta_2", real=True)
    landscape, u, wave = (sp.Function(name)(*weights) for name in ("L", "u", "f"))
    names = {(0, 0): "F_11", (0, 1): "F_12", (1, 0): "F_12", (1, 1): "F_22"}
    noise = {pair: sp.Function(name)(*weights) for pair, name in names.items()}
    backward = -sum(landscape.diff(v) * wave.diff(v) for v in weights)
    backward += g * sum(noise[c, d] * wave.diff(weights[c], weights[d]) for c, d in noise)
    current = probability_current(weights, landscape, noise, u, sp.diff)
    forward = -sum((J.diff(v) for J, v in zip(current, weights, strict=True)), sp.S.Zero)
    boundary = sum((-landscape.diff(v) * u * wave).diff(v) for v in weights) + g * sum(
        (noise[c, d] * u * wave.diff(weights[d]) - wave * (noise[c, d] * u).diff(weights[d])).diff(weights[c])
        for c, d in noise
    )
    time = sp.Symbol("t", nonnegative=True)
    law = sp.Function("u")(theta, time)
    (flow,) = probability_current((theta,), loss(theta), {(0, 0): gradient_noise(theta)}, law, sp.diff)
    return (
        Step(
            claim="The law of the weights after n steps is that of a diffusion at the time n epsilon, in the limit.",
            because="Mean and covariance of a step per unit of time converge and its higher moments vanish.",
            assumption=DIFFUSION_LIMIT,
        ),
        Step(
            claim="Its density obeys the Fokker-Planck equation, with the gradient covariance inside both derivatives.",
            because="Integration by parts: u times the generator on f is f times its adjoint on u, up to a divergence.",
            obligation=u * backward - wave * forward - boundary,
            shows=sp.Eq(
                law.diff(time),
                sp.Derivative(loss(theta).diff(theta) * law, theta)
                + g * sp.Derivative(gradient_noise(theta) * law, (theta, 2)),
                evaluate=False,
            ),
            means={law.diff(time): -flow.diff(theta)},
        ),
    )


def _units() -> Step:
    slope, noise, scale = loss(theta).diff(theta), gradient_noise(theta), epsilon * N / (2 * B)
    covariance = COVARIANCE.right[0].subs(F_ab, noise)
    return Step(
        claim="The noise scale epsilon N/(2B) belongs to dt = epsilon/N and the gradient of the summed loss N L.",
        because="Only with these are drift times dt and 2 g F dt the mean and the covariance of a step.",
        obligation=(-(N * slope) * (epsilon / N) + epsilon * slope, 2 * scale * noise * (epsilon / N) - covariance),
    )
