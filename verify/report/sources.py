"""Sources for people: authors, title and year, and a link to the paper where its DOI or arXiv number is known."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from derivations.statement import DOCUMENTS, Source, bibliography
from verify.bibliography import NOT_LOOKED_UP, field, looked_up


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A source as it is shown: text and place, and the name and address of a link, empty where there is none.

    mark   "not looked up" for an entry of the bibliography that nobody compared with the work itself
    """

    text: str
    where: str
    mark: str = ""
    name: str = ""
    address: str = ""


def cite(source: Source) -> Citation:
    """A source as it is shown."""
    name, address = link(source.name)
    unseen = source.name in entries() and not looked_up(source.name)
    mark = NOT_LOOKED_UP if unseen else ""
    return Citation(text=title(source.name), where=source.where, mark=mark, name=name, address=address)


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
