"""The kinds of steps a plan may use."""
