"""The tab "Context what-if": what if the context grows?"""

from app.pages.shape.context.view import ContextView

__all__ = ["ContextView"]
