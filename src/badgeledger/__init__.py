"""Counts issued and earned badges against their limits, from the platform's own request logs."""

import os

from .cache import cache_folder

__version__ = "0.1.0"

# Compiled code is kept for the next start. The compiler reads this variable once, when it is first imported.
os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder(__version__)))
