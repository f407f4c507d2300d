"""The page on which trainings are set up, launched, watched and compared."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from app.pages.training.page import TrainingPage

__all__ = ["TrainingPage"]

__getattr__ = lazy_names(__name__, {"TrainingPage": "page"})
"""What the page needs is imported before it, a module a turn."""
