"""Counts issued and earned badges against their limits, from the platform's own request logs."""

__version__ = "0.1.0"
