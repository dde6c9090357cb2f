"""The kinds of checks, one file a kind: precision, certified, property, simulation, literature."""

from verify.checks.approach import Approach
from verify.checks.base import Check, Context
from verify.checks.certified import Certified
from verify.checks.domain import Domain
from verify.checks.enumeration import Enumeration
from verify.checks.ladder import Ladder
from verify.checks.literature import Literature
from verify.checks.precision import Precision
from verify.checks.property import Property
from verify.checks.rate import Rate
from verify.checks.replicas import FiniteSize, Replicas
from verify.checks.trend import Trend

__all__ = [
    "Approach",
    "Certified",
    "Check",
    "Context",
    "Domain",
    "Enumeration",
    "FiniteSize",
    "Ladder",
    "Literature",
    "Precision",
    "Property",
    "Rate",
    "Replicas",
    "Trend",
]
