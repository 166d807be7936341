"""The zero-download reference models, their invented company and everything that agrees with it."""
