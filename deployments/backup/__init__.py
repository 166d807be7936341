"""Copies of a home in one file, and homes made of them again."""
