"""The HTTP paths, one file a group; each only reads, calls and writes."""
