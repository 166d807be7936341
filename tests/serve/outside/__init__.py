"""What may go out, and what may not: tests of one instance with its stub as the provider."""
