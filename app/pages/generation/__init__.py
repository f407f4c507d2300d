"""The page about what a model says, how sure it is, and what else it could have said."""

from app.pages.generation.page import GenerationPage

__all__ = ["GenerationPage"]
