"""Alembic's environment and the migrations, shipped as package data."""
