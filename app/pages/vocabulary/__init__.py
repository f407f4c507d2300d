"""The page on which a finished vocabulary is looked at: browse its tokens, compare two, see its charts."""

from app.pages.vocabulary.page import VocabularyPage

__all__ = ["VocabularyPage"]
