"""Live speech: which words stand, where a turn ends, and what is heard next."""
