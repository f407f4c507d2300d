"""The page on which a finished vocabulary is looked at: browse its tokens, compare two, see its charts."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.vocabulary.page import VocabularyPage

__all__ = ["VocabularyPage"]

__getattr__ = lazy_names(__name__, {"VocabularyPage": "page"})
"""What the page needs is imported before it, a module a turn."""
