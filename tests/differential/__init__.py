"""Engines beside the naive matcher, on many queries drawn from a seed: ``make differential``."""
