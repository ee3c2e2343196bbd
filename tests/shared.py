"""Real recorded data beside the project; a fresh clone has none, and tests that read it skip there."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""`data/` holds recorded dumps with truth files, `seeds/` the user's own dump."""


def shared(name: str) -> Path:
    """The path of a shared file or folder, such as `data/atom`; skips the test where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"real recorded data is not beside this checkout: {name}")
    return path
