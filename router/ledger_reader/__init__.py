"""Reads and verifies ledgers; shares no code with what writes them, on purpose."""
