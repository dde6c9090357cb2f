"""Rows of a formula for ziamath, measured no more often than it takes, and styles that are not copied.

To know how tall brackets must be, ziamath sets what stands in every row twice, so that its time doubles with each level
of rows. Here a row is measured only where a sign in it stretches, and then once: the drawing is the same.
"""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET
from collections.abc import Hashable
from typing import Any

with warnings.catch_warnings():  # on import it calls a function of importlib.resources that Python 3.11 deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import ziamath  # noqa: F401, taken from here by whoever draws
    from ziamath import operators, styles
    from ziamath.nodes.mrow import Mrow

STRETCHY = {sign for (sign, _), traits in operators.operators.items() if traits.get("stretchy", "false") != "false"}
ROWS = ("mrow", "math", "mtd", "mtr", "mtable", "none", "mfenced")  # they measure themselves what stands in them
PASS = ("rowymin", "rowymax", "nostretch")  # what a row is told of its surroundings, which its own height has not
KEPT = 10_000  # heights
# Of its parent's style, in which it only looks things up, every node takes a deep copy: a fifth of all time.
styles.asdict = vars  # type: ignore[assignment]
_heights: dict[Hashable, tuple[float, float]] = {}


class Row(Mrow, tag="mrow"):
    """The class that ziamath takes for every row, since it bears the tag."""

    def _get_height_nostretch(self, line: list[ET.Element], **kwargs: Any) -> tuple[float, float]:
        """(lowest, highest) point of a row without its stretching signs; zeros where nobody asks, since it has none."""
        if not any(map(_stretches, line)):
            return 0.0, 0.0
        setting = tuple(sorted((name, value) for name, value in kwargs.items() if name not in PASS))
        key = (b"".join(map(ET.tostring, line)), setting, self.size, repr(self.style))
        if key not in _heights:
            if len(_heights) >= KEPT:
                _heights.clear()
            _heights[key] = super()._get_height_nostretch(line, **kwargs)
        return _heights[key]


def _stretches(node: ET.Element) -> bool:
    """Whether a sign that stretches with the row stands in a node, and in no row of its own."""
    if node.tag in ("mo", "mi"):  # some operators come as identifiers
        return node.get("stretchy", str((node.text or "").strip() in STRETCHY).lower()) != "false"
    return node.tag not in ROWS and any(map(_stretches, node))
