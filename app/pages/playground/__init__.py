"""The Playground page."""

from app.pages.playground.page import PlaygroundPage

__all__ = ["PlaygroundPage"]
