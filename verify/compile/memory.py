"""What a backend found at the same values: formulas that differ in one place share all other nodes.

The mutants of a formula are evaluated at the same points one after the other. What all of them share is then worked out
once, and of each mutant only what stands around its change.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import sympy as sp

SETS = 128  # of letters' values for which results are kept
BYTES = 64_000_000  # of all results, about


class Memory:
    """Results of nodes by the values of the letters.

    contents  a value of a letter as something that can be compared; None where it is not worth keeping results for it
    weight    bytes that a result takes, about
    """

    def __init__(self, contents: Callable[[Any], Hashable | None], weight: Callable[[Any], int]) -> None:
        self._contents, self._weight = contents, weight
        self._sets: dict[Hashable, dict] = {}
        self._now: dict | None = None
        self._given: tuple[Hashable, dict[sp.Symbol, Any]] | None = None  # until the first node asks
        self._defined: dict[sp.Symbol, Any] = {}
        self._known: dict[sp.Symbol, Hashable | None] = {}
        self._bytes = 0

    def clear(self) -> None:
        """Drop all results."""
        self._sets.clear()
        self._bytes = 0

    def begin(self, env: Mapping[sp.Symbol, Any], setting: Hashable) -> None:
        """Keep results until `end`, while a formula is evaluated at these values; they depend on `setting` besides."""
        self._given, self._defined, self._known = (setting, dict(env)), {}, {}

    def end(self) -> None:
        """The formula is evaluated."""
        self._now = self._given = None

    def define(self, letter: sp.Symbol, value: Any) -> None:
        """A letter that the formula defines; formulas may define it otherwise."""
        self._defined[letter] = value

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Inside an average, an integral or a sum, whose variable is another letter."""
        before = self._now, self._given
        self._now = self._given = None
        try:
            yield
        finally:
            self._now, self._given = before

    def kept(self, held: frozenset[sp.Symbol], function: Callable[[dict], Any]) -> Callable[[dict], Any]:
        """The function of a node, and of the letters it holds, that is asked once for the same values."""

        def kept(env: dict) -> Any:
            found = self._now if self._given is None else self._begun()
            if found is None:
                return function(env)
            key: Hashable = function
            if not held.isdisjoint(self._defined):
                contents = [self._of(letter) for letter in held if letter in self._defined]
                if None in contents:
                    return function(env)
                key = function, *contents
            if key not in found:
                value = found[key] = function(env)
                self._bytes += self._weight(value)
                return value
            return found[key]

        return kept

    def _begun(self) -> dict | None:
        """The results that are known at the values given."""
        assert self._given is not None
        (setting, env), self._given = self._given, None
        contents = [self._contents(value) for value in env.values()]
        if self._bytes > BYTES or len(self._sets) > SETS:
            self.clear()
        if None in contents:
            self._now = None
        else:  # letters of one name are told apart by the nodes that hold them
            self._now = self._sets.setdefault((setting, *(letter.name for letter in env), *contents), {})
        return self._now

    def _of(self, letter: sp.Symbol) -> Hashable | None:
        """What a letter that the formula defines is known by."""
        if letter not in self._known:
            self._known[letter] = self._contents(self._defined[letter])
        return self._known[letter]
