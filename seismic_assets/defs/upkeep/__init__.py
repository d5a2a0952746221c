"""Upkeep: what keeps disk and history bounded."""
