"""The page on which trainings are set up, launched, watched and compared."""

from app.pages.training.page import TrainingPage

__all__ = ["TrainingPage"]
