"""Reversible pseudonyms: values leave as tokens of one session and come back where they may."""
