"""What a new run is set up with: its data, its model, how it learns, on what, and what that takes."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.training.setup.view import SetupView

__all__ = ["SetupView"]

__getattr__ = lazy_names(__name__, {"SetupView": "view"})
"""What the part needs is imported before it, a module a turn."""
