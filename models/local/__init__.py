"""Models whose weights run inside the cluster, one file an engine."""
