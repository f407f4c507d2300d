"""The Playground page."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.playground.page import PlaygroundPage

__all__ = ["PlaygroundPage"]

__getattr__ = lazy_names(__name__, {"PlaygroundPage": "page"})
"""What the page needs is imported before it, a module a turn."""
