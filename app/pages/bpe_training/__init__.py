"""The page on which a vocabulary grows: a corpus and options at the left, the training live at the right."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.bpe_training.page import BpeTrainingPage

__all__ = ["BpeTrainingPage"]

__getattr__ = lazy_names(__name__, {"BpeTrainingPage": "page"})
"""What the page needs is imported before it, a module a turn."""
