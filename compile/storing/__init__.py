"""Weights in fewer bits than the 32 that a network computes with: packed in files, unpacked when a Bundle is loaded.

A form a file.  NumPy packs, and is the oracle; Relay's operators unpack, once, as part of `prepare.so`.
"""

from __future__ import annotations

from .float8 import FLOAT8
from .form import Form
from .half import HalfWeight
from .integers import INTEGERS
from .weight import Stored, StoredWeight, precision_of

FORMS: dict[str, Form] = {form.name: form for form in (*INTEGERS, FLOAT8)}
HALF = "fp16"

__all__ = [
    "FLOAT8",
    "FORMS",
    "HALF",
    "INTEGERS",
    "Form",
    "HalfWeight",
    "Stored",
    "StoredWeight",
    "precision_of",
]
