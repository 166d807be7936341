"""Anything that answers a request: contracts, local engines, the catalog."""
