"""LaTeX to PDF with pdflatex, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from verify.latex.citations import NAME

SECONDS = 300


class LatexError(RuntimeError):
    """pdflatex refused the document; the message is its first error."""


class LatexMissing(RuntimeError):
    """pdflatex is not installed."""


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A PDF that was written, and the lines of the log that report text running into the margin."""

    path: Path
    overfull: tuple[str, ...]


def compile_pdf(tex: str, out: Path, bibliography: str = "") -> Compiled:
    """Compile a document as often as references need it, and write the PDF to `out`.

    `bibliography` are the BibTeX entries of rederive.bib, where the document cites some.

    Raises LatexMissing without pdflatex, and LatexError with its first error.
    """
    program = shutil.which("pdflatex")
    if program is None:
        raise LatexMissing("pdflatex is not installed: install texlive-latex-base and lmodern, or leave out --pdf")
    with tempfile.TemporaryDirectory(prefix="rederive-tex-") as folder:
        source = Path(folder, "document.tex")
        source.write_text(tex, encoding="utf-8")
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
        rounds = [command, command]
        if bibliography:
            source.with_name(f"{NAME}.bib").write_text(bibliography, encoding="utf-8")
            source.with_suffix(".aux").write_text(_cited(tex, bibliography), encoding="utf-8")
            rounds = [["bibtex", source.stem], command, command]
        log = ""
        for words in rounds:
            try:
                done = subprocess.run(words, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
            except subprocess.TimeoutExpired:
                raise LatexError(f"{words[0]} did not finish within {SECONDS} s") from None
            except FileNotFoundError:
                raise LatexMissing(
                    f"{words[0]} is not installed: install texlive-binaries, or leave out --bib"
                ) from None
            # The log breaks lines at 79 bytes, in the middle of a character where it so happens.
            log = done.stdout.decode("utf-8", errors="replace")
            if done.returncode:
                raise LatexError(first_error(log) if words is command else _first_of_bibtex(log))
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.with_suffix(".pdf"), out)
    return Compiled(path=out, overfull=tuple(re.findall(r"(?m)^Overfull \\hbox.*$", log)))


def _cited(tex: str, bibliography: str) -> str:
    """What BibTeX asks of a document, which pdflatex would need a round of its own to write."""
    keys = [key for key in re.findall(r"(?m)^@\w+\{([^,]+),", bibliography) if f"{{{key}}}" in tex]
    styles = re.findall(r"\\bibliographystyle\{[^}]*\}", tex)
    lines = [*(rf"\citation{{{key}}}" for key in keys), *(style.replace("liographystyle", "style") for style in styles)]
    return "\n".join([*lines, rf"\bibdata{{{NAME}}}", ""])


def first_error(log: str) -> str:
    """The first error of a log with the line of the document that it names."""
    match = re.search(r"(?m)^! (.*)$", log)
    if match is None:
        return "pdflatex failed and its log names no error"
    place = re.search(r"(?m)^l\.\d+ .*$", log[match.end() :])
    return match[1] + (f" ({place[0].strip()})" if place else "")


def _first_of_bibtex(log: str) -> str:
    wrong = next((line for line in log.splitlines() if "---line" in line), "bibtex failed and its log names no error")
    return f"{wrong} (bibtex)"
