"""Training: `python -m tilewright.models.training NAME --out FILE`; `recipes.py` has each network's recipe."""
