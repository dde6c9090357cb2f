r"""Sources in LaTeX: written out, or as \cite with the BibTeX entries that this needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derivations.statement import DOCUMENTS, Source, bibliography
from verify.bibliography import NOT_LOOKED_UP, looked_up
from verify.latex.notation import prose

NAME = "rederive"  # of the file of entries, where none is given


def written(source: Source, *, cite: bool = False) -> str:
    r"""A source: authors, year, title and place; with `cite` a \cite with the place, where it has an entry.

    >>> written(Source(document="saxe2014exact", where="equation 15"), cite=True)
    '\\cite[{equation 15}]{saxe2014exact}'
    """
    if cite and source.document:
        return rf"\cite[{{{prose(source.where)}}}]{{{key(source)}}}"
    if source.document in DOCUMENTS:
        return f"{prose(DOCUMENTS[source.document])}, ``{prose(source.where)}''"
    if source.citation:
        return f"{prose(source.citation)}, {prose(source.where)}"
    entry = bibliography()[source.document]
    names = [a.split(",")[0].strip() for a in _field(entry, "author").split(" and ")]
    if len(names) > 3:
        authors = f"{names[0]} et al."
    else:
        authors = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    mark = "" if looked_up(source.document) else f" ({NOT_LOOKED_UP})"
    return f"{authors} ({_field(entry, 'year')}), \\textit{{{_field(entry, 'title')}}}, {prose(source.where)}{mark}"


def key(source: Source) -> str:
    """The BibTeX key of a document."""
    return f"slides{source.document}" if source.document in DOCUMENTS else source.document


def entries(sources: Iterable[Source]) -> str:
    """The BibTeX entries of all sources that have one, each once, in the order of their keys.

    >>> print(entries([Source(document="000", where="a slide")]), end="")
    @misc{slides000,
      author = {Ganguli},
      title = {{The statistical physics of deep learning}},
      howpublished = {Slides},
    }
    """
    found = {key(source): _entry(source) for source in sources if source.document}
    return "".join(f"{text}\n" for _, text in sorted(found.items()))


def _entry(source: Source) -> str:
    if source.document not in DOCUMENTS:
        return _marked(bibliography()[source.document], looked_up(source.document))
    authors, _, title = DOCUMENTS[source.document].partition(", ")
    fields = {"author": authors, "title": f"{{{title.removesuffix(' (slides)')}}}", "howpublished": "Slides"}
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key(source)},", *lines, "}"])


def _marked(entry: str, seen: str) -> str:
    """An entry with the field `checked` in the place where styles print it, if nobody looked it up."""
    note = "" if seen else f"  note = {{{NOT_LOOKED_UP.capitalize()}}},\n"
    return re.sub(r"(?m)^ *checked = .*\n", lambda line: note, entry)


def _field(entry: str, name: str) -> str:
    """A field of a BibTeX entry, which is LaTeX already."""
    match = re.search(rf"(?m)^\s*{name}\s*=\s*\{{(.*)\}},?\s*$", entry)
    return match[1] if match else ""
