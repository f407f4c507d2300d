"""The page about what a model says, how sure it is, and what else it could have said."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.generation.page import GenerationPage

__all__ = ["GenerationPage"]

__getattr__ = lazy_names(__name__, {"GenerationPage": "page"})
"""What the page needs is imported before it, a module a turn."""
