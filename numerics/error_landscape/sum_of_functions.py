"""The sum-of-functions optimizer (Sohl-Dickstein, Poole and Ganguli, 2014), from its description.

A loss is a sum over subfunctions, here minibatches. Each has a quadratic model of its own: its value and gradient where
it was last seen, and a Hessian by BFGS from its own history. A step goes to the minimum of the sum of the models; then
one subfunction is evaluated there. Subfunctions join one by one where the gradients of those that take part disagree.
Positions, gradients and Hessians are kept in the space that recent ones span; the optimizer has no hyperparameter to
tune.

What holds it back where a loss is not convex is that of its authors: curvatures that are negative or tiny become the
median one of the subfunction; after the first pass a step is at most ten times as long as those before it in the mean;
and where a subfunction comes out larger than its model said, by more than the others were to fall, the step is taken
back, later ones are shorter, and the subfunction is evaluated at the place before, so that its model is not that of a
far place. Where it exploded it is looked at nearer by first. Beyond the description, a change of place is forgotten
where the space no longer holds it: the change of the gradient that belongs to it would pass for that of what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Evaluate = Callable[[np.ndarray, int], tuple[float, np.ndarray]]  # (weights, number) -> value and gradient

HISTORY = 10  # pairs of changes that a Hessian is made of
FIRST = 2  # subfunctions at the start
STIFF = 1e6  # Hessian at the start: a step that is too small is mended by the second
SPREAD = 1e8  # largest ratio of eigenvalues of one Hessian
NOISE = 1.0  # standard error of the gradient over its mean, above which a subfunction joins
LONGEST = 10.0  # a step over the mean length of those before it, after the first pass
SHORTEST = 1e-5  # of a step that the models propose, after many were taken back
FAR = 10.0  # a rise over the change that a model said, beyond which a place is too far to learn from
NEARER = 0.01  # of a step that went too far, which is tried instead
TRIES = 10  # of places that are nearer
OUTLIER = 3.0  # standard deviations above the others, at which a subfunction that is new counts as risen
MOST = 0.9  # of a move, which must lie in a subspace to be remembered there
ROUNDING = 1e-13  # relative rise of a value that is none
TINY = 1e-12


@dataclass
class Model:
    """What is known of one subfunction, in coordinates of the subspace.

    place, value, slope   where it was evaluated last, and what was found
    moves, bends          changes of place and of the gradient from one evaluation to the next, the latest last
    base, bent            the Hessian: base times the unit matrix plus bent, (k, k)
    """

    place: np.ndarray
    slope: np.ndarray
    value: float
    base: float
    largest: float
    bent: np.ndarray
    seen: int = 0
    moves: list[np.ndarray] = field(default_factory=list)
    bends: list[np.ndarray] = field(default_factory=list)

    def hessian(self) -> np.ndarray:
        """The whole Hessian in the subspace."""
        return self.base * np.eye(len(self.bent)) + self.bent

    def predicted(self, place: np.ndarray) -> float:
        """The value of the quadratic model."""
        move = place - self.place
        return float(self.value + self.slope @ move + move @ self.hessian() @ move / 2)


class SumOfFunctions:
    """Minimizes the mean of `count` subfunctions.

    evaluate   value and gradient of a subfunction at weights (n,)
    start      weights (n,)
    generator  picks the subfunctions that come first

    `step` evaluates one subfunction, and again where it takes a step back: `evaluations` counts all of them. `weights`
    is where the next one will be evaluated, and may be rejected there; `accepted` is where the last one was evaluated
    that was not.
    """

    def __init__(self, evaluate: Evaluate, start: np.ndarray, count: int, generator: np.random.Generator):
        self.evaluate, self.weights, self.generator = evaluate, np.array(start, dtype=float), generator
        self.smallest = min(2 * count + 2, len(start))
        self.most = min(int(np.ceil(1.5 * self.smallest)), len(start))
        self.basis = np.zeros((len(start), 0))
        self.scale = 1.0
        self.since_growth = 0
        self.evaluations = 0
        self.count, self.travelled = count, 0.0
        self.reduction = np.inf
        self.accepted = self.weights.copy()
        self.order = list(generator.permutation(count))  # of joining
        self.models: dict[int, Model] = {}
        if self.most == len(start):
            self.basis = np.eye(len(start))
        else:
            self._add(self.weights)
        for _ in range(min(FIRST, count)):
            self._join()

    # ------------------------------------------------------------------------------------------------- the subspace

    def _add(self, vector: np.ndarray) -> None:
        """Let the subspace contain a vector."""
        rest = vector / max(float(np.linalg.norm(vector)), TINY)
        for _ in range(2):
            rest = rest - self.basis @ (self.basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size < TINY**0.5 or self.basis.shape[1] >= len(vector):
            return
        if self.basis.shape[1] == self.most:
            self._collapse()
            self._add(vector)
            return
        new = rest / size
        self.basis = np.concatenate([self.basis, new[:, None]], axis=1)
        for model in self.models.values():  # what is known of them lies in the subspace as it was
            model.place = np.append(model.place, 0.0)
            model.slope = np.append(model.slope, 0.0)
            model.moves = [np.append(move, 0.0) for move in model.moves]
            model.bends = [np.append(bend, 0.0) for bend in model.bends]
            model.bent = np.pad(model.bent, (0, 1))

    def _collapse(self) -> None:
        """Keep of the subspace what the last places and gradients span."""
        known = [part for model in self.models.values() for part in (model.slope, model.place)]
        here = self.basis.T @ self.weights
        frame = np.linalg.qr(np.stack([here, *known], axis=1)[:, : self.smallest - 1])[0]
        self.basis = self.basis @ frame
        for model in self.models.values():
            model.place, model.slope = frame.T @ model.place, frame.T @ model.slope
            pairs = zip(model.moves, model.bends, strict=True)
            kept = [(frame.T @ move, frame.T @ bend) for move, bend in pairs if _stays(move, frame)]
            model.moves, model.bends = [move for move, _ in kept], [bend for _, bend in kept]
            model.bent = frame.T @ model.bent @ frame

    # --------------------------------------------------------------------------------------------- the subfunctions

    def _join(self) -> None:
        """Let the next subfunction take part, with the typical curvature of those that do."""
        number, here = self.order.pop(), self.basis.T @ self.weights
        seen = [model for model in self.models.values() if model.seen > 1]
        base = float(np.median(np.linalg.eigvalsh(self._whole()))) / len(self.models) if seen else STIFF
        empty = np.zeros((len(here), len(here)))
        self.models[number] = Model(
            place=here, slope=np.zeros(len(here)), value=np.inf, base=base, largest=base, bent=empty
        )

    def _whole(self) -> np.ndarray:
        """The sum of the Hessians."""
        return sum((model.hessian() for model in self.models.values()), np.zeros((self.basis.shape[1],) * 2))

    def _choose(self) -> int:
        """A subfunction that was seen less than twice, or the one last seen farthest away, by the whole Hessian."""
        for seen in (1, 0):  # a second evaluation comes first, since a Hessian takes two
            fresh = [number for number, model in self.models.items() if model.seen == seen]
            if fresh:
                return int(self.generator.choice(fresh))
        here, whole = self.basis.T @ self.weights, self._whole()
        return max(
            self.models, key=lambda k: float((here - self.models[k].place) @ whole @ (here - self.models[k].place))
        )

    def _learn(self, model: Model) -> None:
        """The Hessian of a subfunction from its history: BFGS, from a multiple of the unit matrix, oldest first.

        The multiple is the smallest eigenvalue that solves the squared secant equation.
        """
        if not model.moves:
            return
        moves, bends = np.stack(model.moves, axis=1), np.stack(model.bends, axis=1)
        frame = np.linalg.qr(np.concatenate([moves, bends], axis=1))[0]
        moves, bends = frame.T @ moves, frame.T @ bends
        secant = bends @ np.linalg.pinv(moves)
        sizes = np.sqrt(np.abs(np.linalg.eigvalsh(secant.T @ secant)))[::-1][: moves.shape[1]]
        model.largest = float(sizes[0])
        model.base = max(float(sizes[-1]), model.largest / SPREAD, TINY)
        hessian = model.base * np.eye(frame.shape[1])
        for move, bend in zip(moves.T, bends.T, strict=True):
            along, image = float(move @ bend), hessian @ move
            across = float(move @ image)
            if min(abs(along), abs(across)) > TINY * float(np.linalg.norm(move) * np.linalg.norm(bend)):
                hessian = hessian + np.outer(bend, bend) / along - np.outer(image, image) / across
        values, vectors = np.linalg.eigh(hessian)
        typical = float(np.median(values[values > 0])) if values.max() > 0 else model.largest
        values = np.where(values < np.abs(values).max() / SPREAD, typical, values)
        inside = vectors * (values - model.base) @ vectors.T
        model.bent = frame @ inside @ frame.T

    # ------------------------------------------------------------------------------------------------------ the step

    def step(self) -> None:
        """Evaluate one subfunction, learn from it, and go to the minimum of the sum of all models."""
        number = self._choose()
        model = self.models[number]
        value, gradient = self._ask(number)
        bad = self._is_bad(model, value, gradient)
        if bad:
            value, gradient = self._go_back(number, value, gradient)
        self.travelled += float(np.linalg.norm(self.weights - self.accepted))
        self._record(model, value, gradient)
        share = 1 / len(self.models)
        self.scale = max(self.scale / 2, SHORTEST) if bad else share + self.scale * (1 - share)
        self._grow(bad)
        here = self.basis.T @ self.weights
        seen = [m for m in self.models.values() if m.seen]
        slope = sum(m.slope + m.hessian() @ (here - m.place) for m in seen)
        move = -self.scale * np.linalg.solve(self._whole(), slope)
        length = float(np.linalg.norm(move))
        longest = LONGEST * self.travelled / self.evaluations
        if self.evaluations > self.count and length > longest > 0:
            move *= longest / length
        self.reduction = sum(m.predicted(here) - m.predicted(here + move) for m in seen)
        self.accepted = self.weights.copy()
        self.weights = self.weights + self.basis @ move

    def _ask(self, number: int) -> tuple[float, np.ndarray]:
        """Value and gradient of a subfunction at the weights."""
        self.evaluations += 1
        return self.evaluate(self.weights, number)

    def _is_bad(self, model: Model, value: float, gradient: np.ndarray) -> bool:
        """Whether a subfunction rose, and exceeds its model by more than the last step was to reduce the others.

        One that is new counts as risen where it lies far above those that are known.
        """
        if not _is_finite(value, gradient):
            return True
        if not model.seen:
            known = [other.value for other in self.models.values() if other.seen > 1]
            return bool(known and value > np.mean(known) + OUTLIER * np.std(known))
        predicted = model.predicted(self.basis.T @ self.weights)
        others = self.reduction - (model.value - predicted)
        return value > model.value + ROUNDING * abs(value) and value - predicted > others

    def _go_back(self, number: int, value: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        """Learn from a place that was too far, and return to that before it, unless that is worse; what is found there.

        A place where the subfunction exploded says nothing of its curvature here: nearer ones are tried instead.
        """
        model, failed = self.models[number], self.weights
        self._add(failed)
        said = abs(model.predicted(self.basis.T @ failed) - model.value) if model.seen else abs(value)
        self.weights = self.accepted.copy()
        before, slope = self._ask(number)
        for _ in range(TRIES):
            if _is_finite(value, gradient) and value - before < FAR * said:
                break
            failed = self.weights = self.accepted + NEARER * (failed - self.accepted)
            value, gradient = self._ask(number)
        if not _is_finite(value, gradient):
            self.weights = self.accepted.copy()
            return before, slope
        if value < before:
            self.weights = self.accepted.copy()
            self._record(model, before, slope)
            self.weights = failed
            return value, gradient
        self.weights = failed
        self._record(model, value, gradient)
        self.weights = self.accepted.copy()
        return before, slope

    def _record(self, model: Model, value: float, gradient: np.ndarray) -> None:
        """Keep what was found, in the subspace, and learn the Hessian of the subfunction from it."""
        self._add(gradient)
        self._add(self.weights)
        here, slope = self.basis.T @ self.weights, self.basis.T @ gradient
        if model.seen:
            move, bend = here - model.place, slope - model.slope
            if np.linalg.norm(move) > TINY and np.linalg.norm(bend) > TINY:
                model.moves, model.bends = [*model.moves[1 - HISTORY :], move], [*model.bends[1 - HISTORY :], bend]
        model.place, model.slope, model.value, model.seen = here, slope, value, model.seen + 1
        self._learn(model)

    def _grow(self, bad: bool) -> None:
        """Let a subfunction join: where the gradients of those that take part are noisy, measured by the inverse of the
        whole Hessian, after a step that was taken back, or after a whole pass.
        """
        self.since_growth += 1
        if not self.order or any(model.seen < 2 for model in self.models.values()):
            return
        slopes = np.stack([model.slope for model in self.models.values()])
        mean = slopes.mean(axis=0)
        towards = np.linalg.solve(self._whole(), np.stack([mean, *(slopes - mean)], axis=1))
        noise = float(np.sum((slopes - mean).T * towards[:, 1:])) / (len(slopes) * (len(slopes) - 1))
        if bad or noise > NOISE**2 * float(mean @ towards[:, 0]) or self.since_growth > len(self.models):
            self._join()
            self.since_growth = 0


def _is_finite(value: float, gradient: np.ndarray) -> bool:
    """Whether value and gradient are numbers."""
    return bool(np.isfinite(value) and np.all(np.isfinite(gradient)))


def _stays(move: np.ndarray, frame: np.ndarray) -> bool:
    """Whether most of a move lies in a smaller subspace; the change of a gradient belongs to the whole move."""
    return bool(np.linalg.norm(frame.T @ move) > MOST * np.linalg.norm(move))
