"""The page on which a Transformer is shaped and counted, and asked what a longer context would cost."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.shape.page import ShapePage

__all__ = ["ShapePage"]

__getattr__ = lazy_names(__name__, {"ShapePage": "page"})
"""What the page needs is imported before it, a module a turn."""
