"""Models that answer from outside: one adapter a wire dialect, one catalog row a vendor."""
