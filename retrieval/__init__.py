"""Retrieval: documents and structured sources, found for those who may see them."""
