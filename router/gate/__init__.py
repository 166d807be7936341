"""The egress gate: what must hold before a byte leaves for a model outside."""
