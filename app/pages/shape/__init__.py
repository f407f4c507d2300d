"""The page on which a Transformer is shaped and counted, and asked what a longer context would cost."""

from app.pages.shape.page import ShapePage

__all__ = ["ShapePage"]
