"""Generalization of deep linear students: what they have learned when, and what noise makes of the teacher."""

from __future__ import annotations

from numerics.generalization.students import Setting

TEACHERS = ((1.7, 0.5), (2.6, 2.0))  # singular value, outputs per input: at equal numbers a swap would not be seen
WIDE = Setting(inputs=24, ratio=2 / 3, examples=36, widths=(1, 2, 4, 8, 16, 30))
