"""Rows of a formula for ziamath, measured no more often than it takes, and what it would work out for every sign anew.

To know how tall brackets must be, ziamath sets what stands in every row twice, so that its time doubles with each level
of rows. Here a row is measured only where a sign in it stretches, and then once. Styles are passed on, and lengths and
the small forms of signs are looked up: the drawing is the same.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Hashable
from typing import Any

with warnings.catch_warnings():  # on import it calls a function of importlib.resources that Python 3.11 deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import ziamath  # noqa: F401, taken from here by whoever draws
    from ziamath import operators, styles, zmath
    from ziamath.nodes import mfrac, mnode, mnumber, moperator, nodetools
    from ziamath.nodes.mrow import Mrow

STRETCHY = {sign for (sign, _), traits in operators.operators.items() if traits.get("stretchy", "false") != "false"}
ROWS = ("mrow", "math", "mtd", "mtr", "mtable", "none", "mfenced")  # they measure themselves what stands in them
PASS = ("rowymin", "rowymax", "nostretch")  # what a row is told of its surroundings, which its own height has not
STYLED = {"style", *(field.name for field in dataclasses.fields(styles.MathStyle))}  # attributes
KEPT = 10_000  # heights, lengths, signs
NO_NODE: Any = None  # which is asked for its size only where none is told
_heights: dict[Hashable, tuple[float, float]] = {}


class Row(Mrow, tag="mrow"):
    """The class that ziamath takes for every row, since it bears the tag."""

    def _get_height_nostretch(self, line: list[ET.Element], **kwargs: Any) -> tuple[float, float]:
        """(lowest, highest) point of a row without its stretching signs; zeros where nobody asks, since it has none."""
        if not any(map(_stretches, line)):
            return 0.0, 0.0
        setting = tuple(sorted((name, value) for name, value in kwargs.items() if name not in PASS))
        key = (tuple(map(_written, line)), setting, self.size, repr(self.style))
        if key not in _heights:
            if len(_heights) >= KEPT:
                _heights.clear()
            alone = {**kwargs, "nostretch": True}
            boxes = [mnode.Mnode.fromelement(copy.deepcopy(node), self, **alone).bbox for node in line if _shows(node)]
            _heights[key] = min(box.ymin for box in boxes), max(box.ymax for box in boxes)
        return _heights[key]


def _written(node: ET.Element) -> Hashable:
    """All that an element says, as far as it is drawn."""
    return node.tag, node.text, tuple(node.attrib.items()), tuple(map(_written, node))


def _shows(node: ET.Element) -> bool:
    return node.tag != "mo" or bool(nodetools.elementtext(node))


def _stretches(node: ET.Element) -> bool:
    """Whether a sign that stretches with the row stands in a node, and in no row of its own."""
    if node.tag in ("mo", "mi"):  # some operators come as identifiers
        return node.get("stretchy", str((node.text or "").strip() in STRETCHY).lower()) != "false"
    return node.tag not in ROWS and any(map(_stretches, node))


def _style(element: ET.Element, parent: styles.MathStyle) -> styles.MathStyle:
    """The style of a node: its parent's where it says nothing of its own, as most do."""
    if not STYLED.isdisjoint(element.attrib):
        return _parse_style(element, parent)
    variant = styles.MathVariant(**vars(parent.mathvariant))  # which letters change
    return styles.MathStyle(**{**vars(parent), "mathvariant": variant})


def _without_mstyle(mathml: ET.Element) -> ET.Element:
    """What ziamath writes and reads again to pass on what `mstyle` says, left alone where it stands nowhere."""
    return mathml if mathml.find(".//mstyle") is None else _apply_mstyle(mathml)


def _length(node: mnode.Mnode, size: str, fontsize: float | None = None) -> float:
    return _length_at(size, node.glyphsize if fontsize is None else fontsize)


@functools.lru_cache(maxsize=KEPT)
def _length_at(size: str, fontsize: float) -> float:
    return _size_px(NO_NODE, size, fontsize)


_parse_style, _apply_mstyle, _size_px = styles.parse_style, zmath.apply_mstyle, mnode.Mnode.size_px
_subglyph = functools.lru_cache(maxsize=KEPT)(nodetools.subglyph)
OURS = (  # a place, a name there, and what stands for what ziamath has there
    (styles, "asdict", vars),  # of its parent's style, in which it only looks things up, every node takes a deep copy
    (mnode, "parse_style", _style),
    (mfrac, "parse_style", _style),
    (zmath, "apply_mstyle", _without_mstyle),
    (mnode.Mnode, "size_px", _length),
    (mnumber, "subglyph", _subglyph),
    (moperator, "subglyph", _subglyph),
)
THEIRS = tuple((place, name, getattr(place, name)) for place, name, _ in OURS)
for _replaced in OURS:
    setattr(*_replaced)
