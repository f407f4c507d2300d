"""The page that shows what a text is: lanes of graphemes, code points, bytes and tokens, and what breaks them."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.bytes_page.page import BytesPage

__all__ = ["BytesPage"]

__getattr__ = lazy_names(__name__, {"BytesPage": "page"})
"""What the page needs is imported before it, a module a turn."""
