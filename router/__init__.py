"""The router: labels, policy, plans, decisions, execution and composition."""
