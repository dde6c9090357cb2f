"""Formulas of the page: an SVG that everyone sees alike, and MathML that a screen reader speaks.

The SVG comes from ziamath (STIX Two Math, no font and no script needed to show it); its glyphs stand once on the page
and every formula refers to them. The MathML beside it is visually hidden. A formula that cannot be set is shown as its
LaTeX source, is said to be one, and is counted.
"""

from __future__ import annotations

import copy
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from verify.characters import visible
from verify.report.kept import Kept, Task

if TYPE_CHECKING:
    from markupsafe import Markup

SIZE = 24.0  # points; lengths are written in em of the surrounding text
MARGIN, DIGITS = 1.0, 3  # points around a formula, and decimals of its box
Box = tuple[float, float, float, float]  # left, top, width, height
# Letters that latex2mathml leaves upright, because their code points are outside the Greek block.
ITALIC = {"ϕ": "𝜙", "ϵ": "𝜖", "ϑ": "𝜗", "ϱ": "𝜚", "ϖ": "𝜛", "ϰ": "𝜘"}
ROWS = ("math", "mrow", "mtd", "msqrt", "mstyle")  # their children stand in a row anyway
ROW_SPACING = "0.55em"
MINUS = ("−", "+", "-", "±", "∓")
OPENING = tuple("([{|=,;<>≤≥≈∼≠≡→∝∈⋅×/⟨‖") + MINUS
# Environments that latex2mathml reads as a row without line breaks, and their likes among those that it reads well.
ENVIRONMENTS = {"aligned": "split", "align*": "split", "alignedat": "split", "gathered": "array", "gather*": "array"}
READ = {"split", "align", "array", "cases", "smallmatrix"} | {f"{kind}matrix" for kind in ("", *"pbBvV")}
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([^}]*)\}")
ACCENTS = {"^": "\u0302", "~": "\u0303"}  # as combining characters these are drawn as accents
UPRIGHT = "↑↓⟨⟩"  # as tall as a letter in TeX, as tall as the row in MathML
BINOMIAL = "2.047em"  # the fixed height that latex2mathml gives to brackets around two rows


class Formulas:
    """Sets formulas and collects the glyphs that they use. One instance makes one page."""

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self._glyphs: dict[str, str] = {}
        self.unset: list[str] = []  # the formulas that could not be set

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
        body = "".join(own or self._kept.get(Task(f"glyph {name}", glyph, (name,), _is_glyph)) for name, own in found)
        return Markup(f'<svg class="glyphs" width="0" height="0" aria-hidden="true"><defs>{body}</defs></svg>')

    def _set(self, latex: str, *, block: bool) -> str:
        html, glyphs, is_set = self._kept.get(task(latex, block=block))
        self._glyphs.update(glyphs)
        if not is_set:
            self.unset.append(latex)
        return str(html)


def task(latex: str, *, block: bool) -> Task:
    """What `Kept` needs to make a formula ahead of time."""
    return Task(f"formula {block} {latex}", draw, (latex, block), _is_formula)


def _is_formula(value: Any) -> bool:
    match value:
        case [str(), dict(glyphs), bool()]:
            return all(isinstance(drawing, str) for drawing in glyphs.values())
    return False


def _is_glyph(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("<symbol id=") and value.endswith("</symbol>")


def draw(latex: str, block: bool) -> list:
    """[HTML of a formula, the glyphs that it uses by name, with their drawing if they are not in the font; is it set].

    What can be read but not drawn is still spoken. A list, as it comes back from JSON.
    """
    source = f'<code class="source"><span>LaTeX source:</span> {escape(visible(latex))}</code>'
    try:
        mathml = to_mathml(latex, block=block)
    except Exception:  # latex2mathml raises many types on LaTeX that it cannot read; the source then stands alone
        return [source, {}, False]
    spoken = f'<span class="sr">{ET.tostring(mathml, encoding="unicode")}</span>'
    try:
        drawing, bounds = _drawing(mathml)
    except Exception:  # as above, for ziamath
        return [f'<span aria-hidden="true">{source}</span>{spoken}', {}, False]
    svg, glyphs = _slim(drawing, bounds)
    return [svg + spoken, glyphs, True]


def to_mathml(latex: str, *, block: bool) -> ET.Element:
    """LaTeX as presentation MathML, without redundant rows, letters slanted and signs classed as in TeX.

    Raises ValueError on a command that it does not know, and what latex2mathml raises on what it cannot read.
    """
    from latex2mathml.converter import convert

    readable = _ENVIRONMENT.sub(_environment, latex).replace(r"\mathrm{", r"\mathrm {")  # or one letter stays slanted
    text = convert(readable, display="block" if block else "inline")
    root = ET.fromstring(re.sub(r' xmlns="[^"]*"', "", text, count=1))
    if ">&<" in text.replace("&amp;", "&") and r"\&" not in latex:
        raise ValueError("an alignment mark outside of an environment")
    _flatten(root)
    _mend(root)
    return root


def _environment(match: re.Match[str]) -> str:
    known = ENVIRONMENTS.get(match[2], match[2])
    if known not in READ:
        raise ValueError(f"environment {known} is not read")
    return rf"\{match[1]}{{{known}}}" + ("{c}" if match[1] == "begin" and known != match[2] == "gathered" else "")


def _ziamath() -> Any:
    """The library, with rows of ours."""
    from verify.report import rows

    return rows.ziamath


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
        if (child.tag in ("mi", "mo") and text.startswith("\\") and len(text) > 1) or "linebreak" in child.attrib:
            raise ValueError(f"{text or 'a line break'} was not read")
        if child.tag == "mi" and text in ITALIC and "mathvariant" not in child.attrib:
            child.text = ITALIC[text]
        if text and text in UPRIGHT and not child.attrib:
            child.set("stretchy", "false")
        if child.tag == "mo" and child.attrib.get("minsize") == BINOMIAL:
            child.attrib.clear()
            child.attrib.update(stretchy="true", fence="true", form="prefix" if text in OPENING else "postfix")
        if child.tag == "mo" and text in ACCENTS and node.tag == "mover":
            child.text = ACCENTS[text]
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
    for path in symbol.iter("path"):
        path.set("d", re.sub(r" ?([A-Za-z]) ?", r"\1", path.attrib["d"]))
    return ET.tostring(symbol, encoding="unicode").replace(" />", "/>")


def _drawing(mathml: ET.Element) -> tuple[ET.Element, Box]:
    """What ziamath draws, and where it says that it does; the symbols of the font's glyphs are empty.

    A page has them from `glyph`: drawn here for each formula, to be dropped, they would take a quarter of its time.
    """
    math = _ziamath().Math(copy.deepcopy(mathml), size=SIZE)
    svg = ET.Element("svg")
    for name in dict.fromkeys(glyph.id for glyph in _glyphs(math.node) if glyph.index >= 0):
        ET.SubElement(svg, "symbol", id=name)  # ziamath adds those that it does not find
    math.node.draw(0, 0, svg)
    box = math.node.bbox
    width, height = box.xmax - box.xmin + 2 * MARGIN, box.ymax - box.ymin + 2 * MARGIN
    left, top, width, height = (round(v, DIGITS) for v in (box.xmin - MARGIN, -box.ymax - MARGIN, width, height))
    return svg, (left, top, width, height)


def _glyphs(node: Any) -> Iterator[Any]:
    """The glyphs of a node of ziamath."""
    if hasattr(node, "glyph"):
        yield node.glyph
    for child in node.nodes:
        yield from _glyphs(child)


def _slim(svg: ET.Element, bounds: Box) -> tuple[str, dict[str, str]]:
    """(the drawing in em and in the colour of the text, without the glyphs; the glyphs as `draw` gives them)."""
    names, glyphs = {}, {}
    for symbol in svg.findall("symbol"):
        identity = symbol.attrib["id"]
        name, own = f"g{identity.rsplit('_', 1)[-1]}", ""
        if len(symbol):  # put together for one height: its number is negative, and two of them may share it
            drawing = _symbol(symbol, "")
            name = "a" + hashlib.sha256(drawing.encode()).hexdigest()[:12]
            own = drawing.replace('id=""', f'id="{name}"')
        names[f"#{identity}"], glyphs[name] = name, own
        svg.remove(symbol)
    for node in svg.iter():
        for attribute in ("fill", "stroke"):
            if node.attrib.get(attribute) in ("black", "#000000"):
                del node.attrib[attribute]
                if attribute == "stroke":
                    node.set("stroke", "currentColor")
        if "href" in node.attrib:
            node.set("href", "#" + names[node.attrib["href"]])
    left, top, width, height = _view(svg, bounds)
    style = f"width:{width / SIZE:.3f}em;height:{height / SIZE:.3f}em;vertical-align:{-(top + height) / SIZE:.3f}em"
    view = f"{left:g} {top:g} {width:g} {height:g}"
    svg.attrib.update({"aria-hidden": "true", "focusable": "false", "viewBox": view, "style": style})
    return ET.tostring(svg, encoding="unicode").replace(" />", "/>"), glyphs


def _view(svg: ET.Element, bounds: Box) -> Box:
    """(left, top, width, height) of a drawing; ziamath puts limits below a word partly outside of what it says."""
    left, top, width, height = bounds
    drawn = [node.attrib for node in svg.iter() if node.tag == "use"]
    starts = [float(a["x"]) for a in drawn] or [left]
    ends = [float(a["x"]) + float(a["width"]) for a in drawn] or [left + width]
    first, last = min(left, *starts), max(left + width, *ends)
    return first, top, last - first, height
