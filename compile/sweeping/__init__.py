"""A grid of experiments: each point a chain of verbs, in a folder of its own."""
