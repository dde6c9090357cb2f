"""A small picture of a verdict, for a paper or a repository to show and to link to the claim's page."""

from __future__ import annotations

from html import escape

from verify.characters import visible

NAME = "rederive"
COLOURS = {"verified": "#1c6b3f", "refuted": "#ae241d", "undecided": "#7d5200", "error": "#6a3a9c"}
LETTER = 6.6  # points that a letter of 11 takes; textLength makes the estimate exact
MARK = "<!-- written by rederive -->"


def badge(title: str, verdict: str) -> str:
    """The SVG: the suite's name on dark ground and the verdict on the verdict's colour."""
    left, right = (round(LETTER * len(word)) for word in (NAME, verdict))
    split, width = left + 12, left + right + 24
    label = escape(visible(f"{title}: {verdict}"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}">'
        f"{MARK}<title>{label}</title>"
        f'<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{split}" height="20" fill="#3a3f45"/>'
        f'<rect x="{split}" width="{width - split}" height="20" fill="{COLOURS[verdict]}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left}">{NAME}</text>'
        f'<text x="{split + 6}" y="14" textLength="{right}">{verdict}</text></g></svg>\n'
    )
