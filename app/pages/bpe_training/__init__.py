"""The page on which a vocabulary grows: a corpus and options at the left, the training live at the right."""

from app.pages.bpe_training.page import BpeTrainingPage

__all__ = ["BpeTrainingPage"]
