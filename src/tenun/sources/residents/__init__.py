"""Residents of a village, out of every file that villages have them in."""

from tenun.sources.residents.formats import NAMES as FORMATS
from tenun.sources.residents.ingest import ingest

__all__ = ["FORMATS", "ingest"]
