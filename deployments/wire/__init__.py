"""The HTTP dialects: bodies in, responses out, nothing that decides."""
