"""The entries of references.bib: their fields as plain text, and which of them somebody looked up.

Each entry has a field `checked`: what of it was compared with the work itself, or with a catalogue of such works, or
that it was "not looked up". A locator is part of what is compared only where the field says so.
"""

from __future__ import annotations

import re

from derivations.statement import bibliography

NOT_LOOKED_UP = "not looked up"
ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    '"': "\u0308",
    "^": "\u0302",
    "~": "\u0303",
    "v": "\u030c",
    "c": "\u0327",
    "u": "\u0306",
    "H": "\u030b",
    "k": "\u0328",
}
LETTERS = {r"\aa": "å", r"\AA": "Å", r"\o": "ø", r"\l": "ł", r"\ss": "ß"}


def looked_up(document: str) -> str:
    """What of an entry was compared with the work; empty where it was not looked up, or has no entry.

    >>> looked_up("lahiri2016universal")
    'title and authors, under the arXiv number'
    """
    checked = field(bibliography().get(document, ""), "checked")
    return "" if checked == NOT_LOOKED_UP else checked


def letters(text: str) -> str:
    """A title or name for comparison: small letters and digits alone.

    >>> letters("Non-equilibrium: {T}wo")
    'nonequilibriumtwo'
    """
    return re.sub(r"[\W_]+", "", text.lower())


def differences(document: str, title: str, authors: tuple[str, ...]) -> list[str]:
    """Where a printed title, or surnames of authors, differ from an entry: sentences without a full stop."""
    entry = bibliography()[document]
    correct, surnames = (
        field(entry, "title"),
        [name.partition(",")[0] for name in field(entry, "author").split(" and ")],
    )
    found = [] if letters(title) == letters(correct) else [f"the title is {correct}"]
    known = {letters(name) for name in surnames}
    wrong = [name for name in authors if letters(name) not in known]
    missing = [name for name in surnames if letters(name) not in {letters(author) for author in authors}]
    return found + ([f"{', '.join(missing)}, not {', '.join(wrong)}"] if wrong else [])


def field(entry: str, name: str) -> str:
    r"""One field of a BibTeX entry as plain text, empty where it is missing.

    >>> field("@misc{x,\n  author = {H{\\aa}stad, Johan and Mont{\\'u}far},\n}", "author")
    'Håstad, Johan and Montúfar'
    >>> field("@misc{x,\n  author = {{\\v{C}}ern{\\'y}, Ji{\\v{r}}{\\'i}},\n}", "author")
    'Černý, Jiří'
    """
    found = re.search(rf"(?is)\b{name}\s*=\s*[{{\"](.*?)[}}\"]\s*,?\s*\n", entry)
    if found is None:
        return ""
    text = re.sub(r"\\([\'`\"^~])\{?(\w)\}?|\\([vcuHk])\{(\w)\}", _accented, found[1])
    text = re.sub(r"\\(?:aa|AA|o|l|ss)(?![A-Za-z])", lambda m: LETTERS[m[0]], text)
    return " ".join(_composed(re.sub(r"[{}]", "", text)).split())


def _accented(match: re.Match[str]) -> str:
    return (match[2] or match[4]) + ACCENTS[match[1] or match[3]]


def _composed(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text)
