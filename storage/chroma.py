"""The adapter of chromadb: one collection of one model, on threads of its own. A derived index, never the truth.

Chroma's calls block, and `upsert` holds the GIL: writes have a single thread, in small batches; queries have two
(filtered queries do not get faster with more, measured). No decision of what to ask Chroma is made here.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.errors import VectorIndexUnavailable
from storage.records import IndexEntry, Neighbour

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChromaLocation:
    """Where Chroma is: a directory of ours, or a server."""

    directory: Path | None = None
    """Embedded; no other process may use it."""
    host: str | None = None
    port: int = 8000
    ssl: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For a proxy that asks for a secret: Chroma itself asks for none."""
