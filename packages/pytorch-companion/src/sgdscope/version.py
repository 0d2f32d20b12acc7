"""The version of this package; the layout of captures has its own, see ``layout``."""

__version__ = "0.1.0"
