"""Checks of badge definitions, also before they go live: limits that never bite, contradictions, refused updates."""
