"""The tab "Context what-if": what if the context grows?"""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.shape.context.view import ContextView

__all__ = ["ContextView"]

__getattr__ = lazy_names(__name__, {"ContextView": "view"})
"""What the part needs is imported before it, a module a turn."""
