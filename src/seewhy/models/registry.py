"""The plug-in door. Built-ins come through the same entry points that a third party would use."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from seewhy.errors import PluginError

SPECIALISTS = "seewhy.specialists"
ENCODERS = "seewhy.encoders"
INDEXES = "seewhy.indexes"
CHANNELS = "seewhy.channels"


def names(group: str) -> tuple[str, ...]:
    """The names registered in a group, sorted."""
    return tuple(sorted(point.name for point in entry_points(group=group)))


@cache
def load(group: str, name: str) -> Any:
    """The class or factory registered as `name` in `group`.

    Raises:
        PluginError: nothing has this name, or its module does not import.
    """
    found = entry_points(group=group, name=name)
    if not found:
        raise PluginError(f"nothing named {name!r} is registered in {group}; registered: {', '.join(names(group))}")
    point = next(iter(found))
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(f"plug-in {name!r} of {group} ({point.value}) does not load: {error}") from error
