"""Characters that are not text: what they do to a terminal, a page or LaTeX is never what a claim means to say."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Control characters but tabs and line ends, lone surrogates, what XML forbids, and marks that turn the reading order.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    r"""A text with each of those replaced by a character that can be seen.

    >>> visible("a \x1b[31mred\x00 word") == "a \ufffd[31mred\ufffd word"
    True
    """
    return INVISIBLE.sub(REPLACEMENT, text.replace("\r\n", "\n"))
