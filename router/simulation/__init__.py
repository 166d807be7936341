"""A replay of traffic against a model of replicas: what a policy of scaling would have done."""
