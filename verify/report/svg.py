"""Matplotlib's SVG made fit to stand in the page: small, in the page's colours, with ids that occur once."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
# What the page sets for every plot, or what is the initial value anyway.
DEFAULT = re.compile(r"(?:stroke-line(?:join|cap): \w+|font-family:[^;]*|fill-opacity: 1|stroke-opacity: 1)(?:; |$)")


def dress(text: str, prefix: str, colours: Mapping[str, str]) -> str:
    """The svg element of a figure, scaled by the page, hidden from screen readers.

    An id is `prefix` and a number; `colours` maps the colours in which the figure was drawn to CSS colours.
    """
    root = ET.fromstring(text)
    for node in root.iter():
        node.tag = node.tag.removeprefix(SVG)
        if LINK in node.attrib:
            node.set("href", node.attrib.pop(LINK))
    _splice(root)
    _merge(root)
    kept = {"viewBox": root.attrib["viewBox"], "class": "plot", "aria-hidden": "true", "focusable": "false"}
    root.attrib.clear()
    root.attrib.update(kept)
    text = ET.tostring(root, encoding="unicode").replace(" />", "/>")
    used = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    short = {name: f"{prefix}-{number}" for number, name in enumerate(used)}
    text = re.sub(r' id="([^"]+)"', lambda m: f' id="{short[m[1]]}"' if m[1] in used else "", text)
    text = re.sub(r'(url\(#|href="#)([^)"]+)', lambda m: m[1] + short[m[2]], text)
    for colour, variable in colours.items():
        text = text.replace(colour, variable)
    return text


def _splice(node: ET.Element) -> None:
    """Drop what does not draw, and groups without attributes around what does."""
    children: list[ET.Element] = []
    for child in node:
        child.tail = None
        _splice(child)
        if child.tag in ("metadata", "style") or (child.tag in ("g", "defs") and not len(child)):
            continue
        if child.tag == "path" and (child.attrib.get("style") == "fill: none" or "d" not in child.attrib):
            continue  # an invisible background, or a line without a finite point
        if child.tag == "g" and not set(child.attrib) - {"id"}:
            children.extend(child)
        else:
            children.append(child)
    if node.tag != "text":
        node.text = None
    for name in ("style", "d", "x", "y", "transform"):
        if name in node.attrib:
            node.set(name, _compact(name, node.attrib[name]))
    if "rotate(-0 " in node.attrib.get("transform", ""):
        del node.attrib["transform"]
    node[:] = children


def _compact(name: str, value: str) -> str:
    if name == "style":
        value = re.sub(r"font: [^;]*?([\d.]+)px[^;]*", r"font-size: \1px", value)
        return DEFAULT.sub("", value).rstrip("; ")
    return re.sub(r"\s+", " ", NUMBER.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), value)).strip()


def _merge(node: ET.Element) -> None:
    """Neighbours that look alike share what they share: paths their element, marks their style."""
    merged: list[ET.Element] = []
    for child in node:
        _merge(child)
        last = merged[-1] if merged else None
        alike = last is not None and _look(child) is not None and _look(child) == _look(last)
        if last is not None and alike and child.tag == "path":
            last.set("d", f"{last.attrib['d']} {child.attrib['d']}")
        elif last is not None and alike:
            child.attrib.pop("style", None)
            last.append(child)
        elif child.tag == "use":
            group = ET.Element("g", {"style": child.attrib.pop("style", "")})
            group.append(child)
            merged.append(group)
        else:
            merged.append(child)
    node[:] = merged


def _look(node: ET.Element) -> tuple[str, ...] | None:
    """What two neighbours must have in common to be merged; None for what is never merged."""
    if node.tag == "path" and "id" not in node.attrib and "fill: none" in node.attrib.get("style", ""):
        return ("path", node.attrib["style"], node.attrib.get("clip-path", ""))
    if node.tag == "use":
        return ("use", node.attrib.get("style", ""))
    if node.tag == "g" and set(node.attrib) == {"style"}:
        return ("use", node.attrib["style"])
    return None
