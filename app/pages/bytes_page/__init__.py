"""The page that shows what a text is: lanes of graphemes, code points, bytes and tokens, and what breaks them."""

from app.pages.bytes_page.page import BytesPage

__all__ = ["BytesPage"]
