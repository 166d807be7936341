"""Detectors: what personal data and secrets a text shows. They only raise a label, never lower it.

A clean scan proves nothing; labels by source carry the promise.
"""
