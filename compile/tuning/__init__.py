"""Measured choices: records of how fast each candidate computed a layer, and the choice made from them."""
