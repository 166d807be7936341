"""In-process models that do as they are told, for tests of everything above the ports."""
