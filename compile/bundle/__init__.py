"""The Bundle: a folder with a built module, its plain weights and a manifest, and the code that loads and runs it.

Loading needs NumPy and TVM's runtime only.
"""

from .load import Bundle, load_bundle
from .manifest import Manifest

__all__ = ["Bundle", "Manifest", "load_bundle"]
