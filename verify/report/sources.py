"""Sources for people: authors, title and year, and a link to the paper where its DOI or arXiv number is known."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from derivations.statement import DOCUMENTS, Source, bibliography

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


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A source as it is shown: text and place, and the name and address of a link, empty where there is none."""

    text: str
    where: str
    name: str = ""
    address: str = ""


def cite(source: Source) -> Citation:
    """A source as it is shown."""
    name, address = link(source.name)
    return Citation(text=title(source.name), where=source.where, name=name, address=address)


@functools.cache
def title(document: str) -> str:
    """Authors, title and year of a paper, or the name of a slide deck; what is neither stays as it is."""
    if document in DOCUMENTS:
        return DOCUMENTS[document]
    entry = entries().get(document, "")
    named, year = field(entry, "title"), field(entry, "year")
    return f"{_short(entry)}, {named} ({year})" if named else document


@functools.cache
def link(document: str) -> tuple[str, str]:
    """("arXiv:1312.6120", its address), the same of a DOI, or two empty texts. arXiv, free to read, comes first."""
    entry = entries().get(document, "")
    number, doi = field(entry, "eprint"), field(entry, "doi")
    if number:
        return f"arXiv:{number}", f"https://arxiv.org/abs/{number}"
    return (f"doi:{doi}", f"https://doi.org/{doi}") if doi else ("", "")


@functools.cache
def names(document: str) -> str:
    """All words under which a source is searched for: key, authors, title, year."""
    if document in DOCUMENTS:
        return f"{document} {DOCUMENTS[document]}"
    entry = entries().get(document, "")
    return " ".join([document, *(field(entry, name) for name in ("author", "title", "year", "eprint", "doi"))])


def spelled_out(sentence: str) -> str:
    """A sentence with BibTeX keys replaced by authors and year."""
    for key, text in _spellings().items():
        if key in sentence:
            sentence = sentence.replace(key, text)
    return sentence


@functools.cache
def entries() -> Mapping[str, str]:
    """The bibliography, read once."""
    return bibliography()


@functools.cache
def _spellings() -> Mapping[str, str]:
    return {key: f"{_short(entry)} ({field(entry, 'year')})" for key, entry in entries().items()}


def _short(entry: str) -> str:
    first, *others = (name.partition(",")[0].strip() for name in field(entry, "author").split(" and "))
    return f"{first} et al." if len(others) > 2 else ", ".join([first, *others])


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
