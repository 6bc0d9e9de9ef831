"""`tilewright data get`: data sets and published weights from their sources, at a pinned commit and checked.

folder = get_dataset("lprnet")  # downloads, unpacks, converts; what is here already is left alone
"""

from __future__ import annotations

from .get import find_dataset, get_dataset
from .source import Archive, Pick, RemoteFile, Source
from .sources import get_source, names

__all__ = ["Archive", "Pick", "RemoteFile", "Source", "find_dataset", "get_dataset", "get_source", "names"]
