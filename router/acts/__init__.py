"""Acts on the world: who may set one off, who agreed, and what became of it."""
