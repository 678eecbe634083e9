"""Where image sets come from: a class a kind of source, and the registry that knows them by name."""

from models.sources import cifar, digits, folder, mnist, npz  # noqa: F401  (importing them registers their kinds)
from models.sources.registry import SOURCES, Source, make_source, register

__all__ = ["SOURCES", "Source", "make_source", "register"]
