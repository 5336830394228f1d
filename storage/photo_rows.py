"""How photos are read: whole rows, and dates by the hundred thousand."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, String, select, type_coerce

from storage.schema import images, photos

AS_STORED = type_coerce(photos.c.date, String()).label("date")
"""Dates by the hundred thousand, for `stored_moments`: a datetime of each would take longer than reading it."""


def stored_moments(dates: Sequence[Any]) -> NDArray[np.int64]:
    """[n], `index_records.microseconds` of values of AS_STORED: text in SQLite, a datetime in PostgreSQL."""
    told = [one if isinstance(one, str) else one.astimezone(UTC).replace(tzinfo=None) for one in dates]
    return np.array(told, "datetime64[us]").astype(np.int64)


def photo_rows() -> Select[Any]:
    """Rows for `Photo.from_row`: photos with what their image knows."""
    return cast(
        "Select[Any]",
        select(photos, images.c.file_unique_id, images.c.photo_file_id).join_from(photos, images),
    )
