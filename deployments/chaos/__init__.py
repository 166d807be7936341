"""Faults played on a running Podium from a seed, and what must hold whatever is played."""
