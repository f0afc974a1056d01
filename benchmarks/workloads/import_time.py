"""How long a fresh interpreter takes to start and import the package; NumPy is imported by all."""

import os
import subprocess
import sys
from functools import partial

from ..workload import Workload


def imported(name):
    # With the bytecode that the first import leaves behind, as pip does for what it installs.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def step():
        subprocess.run([sys.executable, "-c", f"import {name}"], check=True, env=environment)
        return 0.0

    return step


def workload():
    return Workload(
        title="import of the package in a fresh interpreter",
        unit="ms",
        systems={name: partial(imported, name) for name in ("autograd_lite", "torch", "mygrad", "autograd")},
        reach={"torch": 0.25},
        stretch={"torch": 0.15},
        checked=1,
        memory=False,
    )
