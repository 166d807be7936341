"""Podium on a Ray cluster of several nodes: where things run, and what a failure of one does."""
