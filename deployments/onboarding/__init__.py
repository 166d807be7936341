"""Taking in a model's weights: checked, weighed against the machine, written to the catalog."""
