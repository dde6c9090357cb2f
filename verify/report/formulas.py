"""Formulas of the page: an SVG that everyone sees alike, and MathML that a screen reader speaks.

The SVG comes from ziamath (STIX Two Math, no font and no script needed to show it); its glyphs stand once on the page
and every formula refers to them. The MathML beside it is visually hidden. A formula that cannot be set is shown as its
LaTeX source.
"""

from __future__ import annotations

import hashlib
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from verify.report.kept import Kept

if TYPE_CHECKING:
    from markupsafe import Markup

SIZE = 24.0  # points; lengths are written in em of the surrounding text
# Letters that latex2mathml leaves upright, because their code points are outside the Greek block.
ITALIC = {"ϕ": "𝜙", "ϵ": "𝜖", "ϑ": "𝜗", "ϱ": "𝜚", "ϖ": "𝜛", "ϰ": "𝜘"}
ROWS = ("math", "mrow", "mtd", "msqrt", "mstyle")  # their children stand in a row anyway
ROW_SPACING = "0.55em"
MINUS = ("−", "+", "-", "±", "∓")
OPENING = tuple("([{|=,;<>≤≥≈∼≠≡→∝∈⋅×/⟨‖") + MINUS


class Formulas:
    """Sets formulas and collects the glyphs that they use. One instance makes one page."""

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self._glyphs: dict[str, str] = {}

    def inline(self, latex: str) -> Markup:
        """A formula within a line of text, on its baseline."""
        from markupsafe import Markup

        return Markup(f'<span class="math">{self._set(latex, block=False)}</span>')

    def display(self, latex: str) -> Markup:
        """A formula on a line of its own, in a box that scrolls sideways when the formula is wider."""
        from markupsafe import Markup

        return Markup(f'<div class="formula">{self._set(latex, block=True)}</div>')

    def glyphs(self) -> Markup:
        """Definitions of the glyphs that the formulas set so far use; stands once on the page."""
        from markupsafe import Markup

        found = sorted(self._glyphs.items())
        body = "".join(own or self._kept.get(f"glyph {name}", glyph, (name,)) for name, own in found)
        return Markup(f'<svg class="glyphs" width="0" height="0" aria-hidden="true"><defs>{body}</defs></svg>')

    def _set(self, latex: str, *, block: bool) -> str:
        html, glyphs = self._kept.get(*task(latex, block=block))
        self._glyphs.update(glyphs)
        return str(html)


def task(latex: str, *, block: bool) -> tuple[str, Callable[..., Any], tuple]:
    """What `Kept` needs to make a formula ahead of time."""
    return f"formula {block} {latex}", draw, (latex, block)


def draw(latex: str, block: bool) -> tuple[str, dict[str, str]]:
    """(HTML of a formula; the glyphs that it uses by name, with their drawing if they are not in the font)."""
    ziamath = _ziamath()
    source = f'<code class="source">{escape(latex)}</code>'
    try:
        mathml = to_mathml(latex, block=block)
    except Exception:  # latex2mathml raises many types on LaTeX that it cannot read; the source then stands alone
        return source, {}
    spoken = f'<span class="sr">{ET.tostring(mathml, encoding="unicode")}</span>'
    try:
        drawing = ziamath.Math(ET.fromstring(ET.tostring(mathml)), size=SIZE).svgxml()
    except Exception:  # as above, for ziamath
        return f'<span aria-hidden="true">{source}</span>{spoken}', {}
    svg, glyphs = _slim(drawing)
    return svg + spoken, glyphs


def to_mathml(latex: str, *, block: bool) -> ET.Element:
    """LaTeX as presentation MathML, without redundant rows, letters slanted and signs classed as in TeX."""
    text = _ziamath().tex.tex2mml(latex, inline=not block)
    root = ET.fromstring(re.sub(r' xmlns="[^"]*"', "", text, count=1))
    _flatten(root)
    _mend(root)
    return root


def _ziamath() -> Any:
    """The library, which on import calls a function of importlib.resources that Python 3.11 deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath
    return ziamath


def _flatten(node: ET.Element) -> None:
    """Remove rows that group nothing: ziamath sets each row twice, so its time doubles with every level of them."""
    for position, child in enumerate(node):
        while child.tag == "mrow" and len(child) == 1 and not child.attrib:
            child = child[0]
        node[position] = child
        _flatten(child)
    if len(node) == 1 and node[0].tag == "mrow" and not node[0].attrib and node.tag in ROWS:
        node[:] = list(node[0])


def _mend(node: ET.Element) -> None:
    before: ET.Element | None = None
    for child in node:
        text = (child.text or "").strip()
        if child.tag == "mi" and text in ITALIC and "mathvariant" not in child.attrib:
            child.text = ITALIC[text]
        starts = before is None or (before.tag == "mo" and (before.text or "").strip() in OPENING)
        if child.tag == "mo" and text in MINUS and starts and node.tag in ("mrow", "math", "mtd", "msqrt"):
            child.set("form", "prefix")
        if child.tag == "mtable":
            child.set("rowspacing", ROW_SPACING)
        _mend(child)
        if child.tag != "mspace":
            before = child


def glyph(name: str) -> str:
    """The symbol element of one glyph of the mathematical font."""
    font = _ziamath().zmath.loadedfonts["default"]
    return _symbol(font.glyph_fromid(int(name.removeprefix("g"))).svgsymbol(), name)


def _symbol(symbol: ET.Element, name: str) -> str:
    symbol.set("id", name)
    return ET.tostring(symbol, encoding="unicode").replace(" />", "/>").replace("Z ", "Z")


def _slim(svg: ET.Element) -> tuple[str, dict[str, str]]:
    """(the drawing in em and in the colour of the text, without the glyphs; the glyphs as `draw` gives them)."""
    names, glyphs = {}, {}
    for parent in list(svg.iter()):
        for symbol in parent.findall("symbol"):
            identity = symbol.attrib["id"]
            number, drawing = identity.rsplit("_", 1)[-1], _symbol(symbol, "")
            # Glyphs put together for one height have negative numbers, which two of them may share.
            name = f"g{number}" if number.isdigit() else "a" + hashlib.sha256(drawing.encode()).hexdigest()[:12]
            names[f"#{identity}"] = name
            glyphs[name] = "" if number.isdigit() else drawing.replace('id=""', f'id="{name}"')
            parent.remove(symbol)
    for node in svg.iter():
        for attribute in ("fill", "stroke"):
            if node.attrib.get(attribute) in ("black", "#000000"):
                del node.attrib[attribute]
                if attribute == "stroke":
                    node.set("stroke", "currentColor")
        if "href" in node.attrib:
            node.set("href", "#" + names[node.attrib["href"]])
    left, top, width, height = (float(v) for v in svg.attrib["viewBox"].split())
    style = f"width:{width / SIZE:.3f}em;height:{height / SIZE:.3f}em;vertical-align:{-(top + height) / SIZE:.3f}em"
    view = f"{left:g} {top:g} {width:g} {height:g}"
    body = "".join(ET.tostring(child, encoding="unicode") for child in svg).replace(" />", "/>")
    return f'<svg aria-hidden="true" focusable="false" viewBox="{view}" style="{style}">{body}</svg>', glyphs
