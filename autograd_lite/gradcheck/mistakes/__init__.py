"""The likely mistake in a hand-written gradient, found by trying the corrections.

A gradient is wrong in several cases (different inputs, different gradients of the output). Each attempt here makes one
assumption about the mistake, and gives for each case two arrays that are the same if that is what happened: mostly the
gradient after a correction and the true one, or the gradient as it is and what the mistake would have made of the true
one. An attempt that holds in every case is a hint.

The attempts by what they are about: `axes` (entries at the wrong place), `upstream` (dout), `terms` (what is missing in
a sum), `local` (elementwise factors), `forwards` (another value in forward), each alone or with one of the constant
`factors`. `search` tries them; `whereabouts` tells where the error sits if none holds.
"""

from .cases import Case, Hint, named_constants
from .search import hints
from .whereabouts import whereabouts

__all__ = ["Case", "Hint", "hints", "named_constants", "whereabouts"]
