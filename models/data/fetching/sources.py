"""All that `tilewright data get` can get."""

from __future__ import annotations

from ....compile.errors import TilewrightError, unknown_name
from ... import data as datasets
from . import cifar, digits_and_plates, imagenet, segmentation
from .source import Source

_SOURCES = (*digits_and_plates.SOURCES, *cifar.SOURCES, *imagenet.SOURCES, *segmentation.SOURCES)
_BY_NAME = {source.name: source for source in _SOURCES}


def names() -> tuple[str, ...]:
    """All that can be had, sorted."""
    return tuple(sorted(_BY_NAME))


def get_source(name: str) -> Source:
    """Where `name` comes from: a folder, or a data set that lies in one ("drive" is in "retina-unet-drive").

    Raises TilewrightError for an unknown one, and for a data set that comes with a package.
    """
    known = {**{one: datasets.get(one).folder for one in datasets.names()}, **{one: one for one in _BY_NAME}}
    if name not in known:
        raise unknown_name("data set", name, known, "see `tilewright data list`")
    if not known[name]:
        raise TilewrightError(f"data set {name} comes with a package: pip install 'tilewright[zoo]'")
    return _BY_NAME[known[name]]
