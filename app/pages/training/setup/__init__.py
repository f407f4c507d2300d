"""What a new run is set up with: its data, its model, how it learns, on what, and what that takes."""

from app.pages.training.setup.view import SetupView

__all__ = ["SetupView"]
