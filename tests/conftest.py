"""Two test processes share two cores: each gets one thread for matrix products, or they wait for each other."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded, which happens after this
