"""Letters and sentences that several results on learning and memory share.

They belong to papers that the lectures list: synapses that remember, weights that matter, sensors that cost power.
"""

import sympy as sp

from derivations.statement import Source

LISTED = Source(document="001", where="Summary")
events = sp.Symbol("t_n", nonnegative=True)  # time, in events of plasticity
