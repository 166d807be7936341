"""How many replicas a model should have, decided on what its engines say of their load."""
