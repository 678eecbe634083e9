"""How much work a map is worth: settings of `DarkSight` by name."""

from typing import Any

EFFORTS: dict[str, dict[str, Any]] = {
    "quick": {"n_init": 1, "max_iter": 15},
    "usual": {},
    "fine": {"n_init": 12, "max_iter": 60},
}
"""What differs from the defaults."""
