"""What a check found, what the audit found, and what became of a claim. Plain data; no symbolic objects."""

from __future__ import annotations

import enum
import html
import itertools
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Holds(enum.StrEnum):
    """Verdict of one piece of evidence."""

    HOLDS = "holds"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ERROR = "error"


class Standing(enum.StrEnum):
    """Verdict of a claim."""

    VERIFIED = "verified"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ERROR = "error"


PROFILES = ("quick", "full")  # sizes in which claims run
KINDS = ("certificate", "precision", "certified", "property", "simulation", "literature")
# Kinds that do not rest on the derivation itself; a verified claim needs at least one.
INDEPENDENT_KINDS = ("simulation", "literature")
# By profile, what every evidence of these kinds resolves, at the worst of its points and in the median: a finer one, or
# a reason why not (`Evidence.coarse`).
TARGETS = {"quick": (0.25, 0.08), "full": (0.10, 0.03)}


STYLES = ("line", "stem", "points", "guide")  # of a curve's theory


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One series of a comparison, for the plot: theory as a line, measurement as points with error bars.

    All sequences have the length of `axis`; `error` is one standard error or the extrapolation uncertainty. `theory` is
    nan where there is none. `style` is "line", "stem" for a spectrum, "points" where neighbours on the axis have
    nothing to do with each other, or "guide" for a line that orients the eye and enters no verdict.
    """

    label: str
    axis_label: str
    value_label: str
    axis: tuple[float, ...]
    theory: tuple[float, ...]
    measured: tuple[float, ...]
    error: tuple[float, ...]
    style: str = "line"

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"curve {self.label!r} of unknown style {self.style!r}")


@dataclass(frozen=True, kw_only=True)
class Path:
    """One path in the plane: (abscissas, ordinates) of theory, drawn as a line, and of the measurement, as points.

    Either may be empty. Paths of one `group` (0 to 3) share colour and marker; the first label of a group names it.
    """

    label: str = ""
    group: int = 0
    theory: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    measured: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())

    def __post_init__(self) -> None:
        if not 0 <= self.group <= 3:
            raise ValueError(f"path {self.label!r}: group {self.group} is not one of 0 to 3")
        if any(len(x) != len(y) for x, y in (self.theory, self.measured)):
            raise ValueError(f"path {self.label!r}: abscissas and ordinates differ in number")


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A picture in the plane: a map, a tree, a phase diagram.

    equal   both axes have one scale
    log_x, log_y   abscissas, ordinates are on a logarithmic axis; all of them are positive
    marks   (abscissa, what is there) of vertical lines, such as critical points
    """

    title: str
    x_label: str
    y_label: str
    paths: tuple[Path, ...]
    equal: bool = False
    log_x: bool = False
    log_y: bool = False
    marks: tuple[tuple[float, str], ...] = ()

    def __post_init__(self) -> None:
        along = [[v for p in self.paths for v in (*p.theory[axis], *p.measured[axis])] for axis in (0, 1)]
        if any(log and min(found, default=1) <= 0 for log, found in zip((self.log_x, self.log_y), along, strict=True)):
            raise ValueError(f"{self.title!r}: values that are not positive on a logarithmic axis")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one check found.

    points       how many comparisons were really made
    discrepancy  largest deviation, in the check's own unit (named in detail)
    uncertainty  of that deviation
    resolution   smallest relative change of a predicted value that the check would have seen, at the worst of its
                 points; resolution_median at their median
    setting      what was run, for a caption: widths, steps, replicas
    same_law     the reference evaluates the same law in another way: not evidence of a kind of its own
    coarse       why the resolution is coarser than TARGETS, where it is
    """

    check: str
    kind: str
    verdict: Holds
    points: int
    discrepancy: float | None = None
    uncertainty: float | None = None
    resolution: float | None = None
    resolution_median: float | None = None
    seconds: float = 0.0
    seed: int | None = None
    detail: str = ""
    setting: str = ""
    same_law: bool = False
    coarse: str = ""
    curves: tuple[Curve, ...] = ()
    planes: tuple[Plane, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"evidence of unknown kind {self.kind!r}")
        if self.verdict is Holds.HOLDS and self.points < 1:
            raise ValueError(f"check {self.check!r} compared nothing and cannot hold")


FIGURES = ("discrepancy", "uncertainty", "worst resolution", "median")


def _figures(evidence: Evidence) -> tuple[float | None, ...]:
    return evidence.discrepancy, evidence.uncertainty, evidence.resolution, evidence.resolution_median


@dataclass(frozen=True, kw_only=True)
class StepOutcome:
    """The verdict of one derivation step.

    latex    the relation that it displays
    judged   whether that relation itself was judged, as a residual that vanishes or a part of a statement; others are
             displayed for the reader
    """

    claim: str
    because: str
    verdict: str
    how: str = ""
    latex: str = ""
    judged: bool = True
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PrintedOutcome:
    """What became of a printed form: refuted, conditional (holds under an added assumption) or holds."""

    erratum: str
    verdict: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """A mutant that no check rejected, as LaTeX, and why (provably equal, or a defect of the checks).

    place   what it says instead, on a line of text, with the slip in marks
    """

    latex: str
    place: str = ""
    reason: str
    equivalent: bool


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node of the blind-spot map: the smallest relative change of it that is noticed (None: blind).

    `smallest` is for all checks together, `independent` for those alone that do not rest on the derivation.
    """

    latex: str
    smallest: float | None
    independent: float | None = None


@dataclass(frozen=True, kw_only=True)
class Audit:
    """How well the checks of a claim reject wrong formulas.

    crashed    had no finite real value somewhere, and were not refuted elsewhere
    senseless  had none anywhere: no formulas, not counted among the mutants
    """

    mutants: int = 0
    rejected: int = 0
    crashed: int = 0
    senseless: int = 0
    survivors: tuple[Survivor, ...] = ()
    nodes: tuple[Node, ...] = ()
    seconds: float = 0.0

    @property
    def blind_nodes(self) -> int:
        return sum(node.smallest is None for node in self.nodes)

    @property
    def missed(self) -> int:
        """Survivors that are not provably equal to the formula."""
        return sum(not s.equivalent for s in self.survivors)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything found about one claim in one run; `uses` are the ids of the claims that it rests on."""

    id: str
    digest: str
    verdict: Standing
    reason: str
    steps: tuple[StepOutcome, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    printed: tuple[PrintedOutcome, ...] = ()
    audit: Audit | None = None
    seconds: float = 0.0
    date: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    uses: tuple[str, ...] = ()

    @property
    def resolution(self) -> tuple[float, float] | None:
        """(worst, median) over the points of the coarsest independent check that states them; None without one."""
        seen = [e for e in self.evidence if e.kind in INDEPENDENT_KINDS and e.resolution is not None]
        if not seen:
            return None
        coarsest = max(seen, key=lambda e: e.resolution or 0.0)
        return coarsest.resolution or 0.0, coarsest.resolution_median or 0.0

    @property
    def curves(self) -> tuple[Curve, ...]:
        """All curves compared, from which plots are drawn."""
        return tuple(curve for e in self.evidence for curve in e.curves)

    def plot(self) -> Figure:
        """Theory against measurement as a matplotlib figure, which a notebook displays; `savefig` writes it.

        Raises NothingToDraw (a ValueError) if no evidence has curves.
        """
        from verify.figures import figure

        return figure(self.id, self.evidence)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON types: dictionaries, lists, numbers and texts; a number that is not finite is a text."""
        found = _plain(asdict(self))
        assert isinstance(found, dict)
        return found

    def __repr__(self) -> str:
        return f"<Outcome {self.id}: {self.verdict.value} ({_short(self.reason)}), {len(self.evidence)} checks>"

    def _repr_html_(self) -> str:
        """Verdict and evidence as a table, for notebooks."""

        def row(cell: str, *texts: object) -> str:
            return "<tr>" + "".join(f"<{cell}>{html.escape(str(text))}</{cell}>" for text in texts) + "</tr>"

        def figure(value: float | None) -> str:
            return "" if value is None else f"{value:.2g}"

        rows = [row("td", e.check, e.kind, e.verdict, e.points, *map(figure, _figures(e))) for e in self.evidence]
        head = row("th", "check", "kind", "verdict", "points", *FIGURES)
        title = f"<p><code>{html.escape(self.id)}</code> <b>{self.verdict.value}</b>: {html.escape(self.reason)}</p>"
        return f"{title}<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return str(value)
    return value.item() if hasattr(value, "item") else value


def raised(trace: str) -> str:
    """What was raised, of a traceback: its message, which may have several lines, in one.

    >>> raised('Traceback:\\n  File "a.py", line 1, in f\\n    g()\\nRuntimeError: out of\\nmemory\\n')
    'RuntimeError: out of memory'
    """
    lines = trace.strip().splitlines()
    frames = [n for n, line in enumerate(lines) if line.startswith("  File ")]
    last = frames[-1] if frames else -1
    message = itertools.dropwhile(lambda line: line.startswith(" "), lines[last + 1 :])
    return " ".join(" ".join(message).split())


def _short(text: str, most: int = 60) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= most else f"{line[: most - 3]}..."
