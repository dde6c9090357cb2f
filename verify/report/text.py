"""Numbers and sentences as people read them, in HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from verify.lettering import GREEK, NAME

if TYPE_CHECKING:
    from markupsafe import Markup

THIN = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
# A Greek name, perhaps with digits or a subscript; or a single letter with a subscript.
_SYMBOL = re.compile(rf"(?<![\w.&])(?:({NAME})_?(\w+)?|([A-Za-z])_(\w+))(?![\w(]*_)")
_POWER = re.compile(r"(?<=[\w)\]'>*|])\^(-?\w+|\*|\(((?:[^()]|\([^()]*\))*)\)|\{([^{}]*)\})")
_ROOT = re.compile(r"\bsqrt(?:\((\w+)\))")  # of one name; of anything longer the word is clearer
FINEST = -16.0  # decade at which a bar of the blind-spot map is empty; it is full at 1


def figure(value: float | str | None) -> Markup:
    """Two or three significant digits, with a power of ten where that reads better; a dash for None."""
    from markupsafe import Markup

    if value is None:
        return Markup(NONE)
    number = float(value)
    if not math.isfinite(number):
        return Markup({math.inf: "∞", -math.inf: MINUS + "∞"}.get(number, "nan"))
    if number == 0 or 1e-3 <= abs(number) < 1e4:
        return Markup(f"{number:.3g}".replace("-", MINUS))
    mantissa, exponent = f"{number:.1e}".split("e")
    factor = {"1.0": "", "-1.0": MINUS}.get(mantissa, f"{mantissa}×")
    return Markup(f"{factor}10<sup>{int(exponent)}</sup>".replace("-", MINUS))


def count(value: int) -> str:
    """An integer with its thousands apart.

    >>> count(1234567).replace(THIN, " ")
    '1 234 567'
    """
    return f"{value:,}".replace(",", THIN)


def seconds(value: float | str | None) -> str:
    """A time in seconds, to about two digits.

    >>> seconds(0.0312), seconds(7.26), seconds(312)
    ('0.03', '7.3', '312')
    """
    number = float(value or 0)
    return f"{number:.2f}" if number < 1 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


def of_run(run: Mapping[str, Any], version: str) -> str:
    """The line that says how a run was made, and when.

    >>> of_run({"profile": "quick", "seed": 1, "jobs": 1, "device": "cpu", "started": "now", "seconds": 2}, "1")
    'Profile quick, seed 1, 1 worker on cpu; started now, took 2.0 s. Version 1.'
    """
    workers = f"{count(run['jobs'])} worker{'' if run['jobs'] == 1 else 's'}"
    how = f"Profile {run['profile']}, seed {run['seed']}, {workers} on {run['device']}"
    return f"{how}; started {moment(run['started'])}, took {seconds(run['seconds'])} s. Version {version}."


def moment(date: str) -> str:
    """A date and time in UTC.

    >>> moment("2026-01-02T03:04:05+00:00")
    '2026-01-02 03:04:05 UTC'
    """
    return date.replace("T", " ").replace("+00:00", " UTC")


def decades(smallest: float | None) -> float:
    """Length in percent of a bar on a logarithmic scale, from 10^FINEST (0) to 1 (100); 100 for None."""
    if smallest is None or not smallest < 1:
        return 100.0
    return round(max(0.0, 100 * (1 - math.log10(max(smallest, 10**FINEST)) / FINEST)), 1)


def prose(text: str) -> Markup:
    """A sentence with its symbols set: names of Greek letters, subscripts after `_` and superscripts after `^`.

    >>> str(prose("sigma_w^2 < lambda N_l, a_0 = mu2"))
    '<i>σ</i><sub>w</sub><sup>2</sup> &lt; <i>λ</i> <i>N</i><sub>l</sub>, <i>a</i><sub>0</sub> = <i>μ</i><sub>2</sub>'
    >>> str(prose("q_star^2 e^(-x^2 / (2 q*))"))
    'q*<sup>2</sup> e<sup>−x<sup>2</sup> / (2 q*)</sup>'
    """
    from markupsafe import Markup

    html = _ROOT.sub(r"√\1", escape(text.replace("_star", "*"), quote=False))
    return Markup(_raised(_SYMBOL.sub(_symbol, html)))


def _raised(html: str) -> str:
    """Superscripts, and those in them."""
    return _POWER.sub(lambda m: f"<sup>{_raised(m[2] or m[3] or m[1])}</sup>".replace("-", MINUS), html)


def csv_address(table: str) -> str:
    """A data address that holds a CSV file, so that a page alone can offer it.

    >>> csv_address("a b,1\\n")
    'data:text/csv;charset=utf-8,a%20b,1%0A'
    """
    return "data:text/csv;charset=utf-8," + quote(table, safe=",;:.-+*/=()^_'")


def file_name(anchor: str, identifier: str) -> str:
    """What the file of a plot is called, from its anchor on the page.

    >>> file_name("plot-training~2", "deep_linear.saddles")
    'deep_linear.saddles-training-2'
    """
    return f"{identifier}-{anchor.rpartition('plot-')[2]}".replace("~", "-")


def _symbol(match: re.Match[str]) -> str:
    greek, index, letter, other = match.groups()
    if greek and index and not index.isdigit() and "_" not in match[0]:
        return match[0]  # a word that begins like a letter: "pivot"
    lowered = GREEK.get(index or other or "", index or other)
    return f"<i>{GREEK[greek] if greek else letter}</i>" + (f"<sub>{lowered}</sub>" if lowered else "")
