"""A plugin of pytest: every file claim_*.py, or named, is one test, which passes if its claim is verified.

It is loaded in every run of pytest where rederive is installed, so that nothing is imported before a claim runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verify.evidence import Outcome

PATTERN = "claim_*.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """How claims run."""
    group = parser.getgroup("rederive", "claims (rederive)")
    group.addoption(
        "--rederive-profile",
        choices=("quick", "full"),
        default="quick",
        help="sizes of the experiments (default: quick)",
    )
    group.addoption("--rederive-seed", type=int, default=1, metavar="S", help="seed of all random numbers (default: 1)")
    group.addoption("--rederive-fresh", action="store_true", help="run every claim anew, whatever is stored")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ClaimFile | None:
    """Files of claims: those of the pattern, and one that the command line names, as `rederive where` does."""
    if not (file_path.match(PATTERN) or _named(file_path, parent)):
        return None
    return ClaimFile.from_parent(parent, path=file_path)


def _named(file: Path, parent: pytest.Collector) -> bool:
    from verify.own import places

    if file.suffix != ".py" or not parent.session.isinitpath(file):
        return False
    is_of_tests = any(file.match(pattern) for pattern in parent.config.getini("python_files"))
    return not is_of_tests and places.has_claim(file)


class NotVerified(Exception):
    """A claim that is refuted, undecided or an error; the message is for people."""


class ClaimFile(pytest.File):
    """A file with one claim."""

    def collect(self) -> Iterator[pytest.Item]:
        """The claim, named by its id; nothing is executed."""
        from verify.own import places

        if not places.has_claim(self.path):
            raise self.CollectError(f"{self.path.name} defines no CLAIM; rederive new writes a file that does")
        yield ClaimItem.from_parent(self, name=places.id_of(self.path))


class ClaimItem(pytest.Item):
    """The claim of a file as a test."""

    def runtest(self) -> None:
        """Run the claim like `rederive check`. Raises NotVerified."""
        from verify.evidence import Standing

        found = self._outcome()
        if found.verdict is not Standing.VERIFIED:
            raise NotVerified(described(found))
        self.add_report_section("call", "rederive", described(found))

    def _outcome(self) -> Outcome:
        from verify import catalogue
        from verify.own.places import of_files
        from verify.run.runner import run
        from verify.run.settings import Settings
        from verify.run.store import Store, default_folder

        package, option = of_files([self.path]), self.config.getoption
        settings = Settings(
            package=package,
            profile=option("--rederive-profile"),
            seed=option("--rederive-seed"),
            fresh=option("--rederive-fresh"),
        )
        claims = [catalogue.load(claim, package) for claim in catalogue.ids(package)]
        result = run(claims, settings, Store(default_folder(), package=package))
        if result.interrupted:
            raise KeyboardInterrupt
        return result.outcomes[claims[0].id]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was found, without a traceback through rederive."""
        from verify.own.places import OwnClaimError

        if isinstance(excinfo.value, (NotVerified, OwnClaimError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and name."""
        return self.path, 0, self.name


def described(found: Outcome) -> str:
    """An outcome in a few lines: the verdict, and the evidence that decided it; all evidence of a verified claim."""
    lines = [f"{found.id} is {found.verdict.value}: {found.reason.strip()}"]
    decisive = [e for e in found.evidence if e.verdict != "holds"] or found.evidence
    lines += [f"  {e.check} ({e.kind}) {e.verdict.value}: {e.detail.strip()}" for e in decisive]
    if found.audit and found.audit.missed:
        lines += [f"  not noticed: {s.reason}: {s.latex}" for s in found.audit.survivors if not s.equivalent]
    return "\n".join(lines)
