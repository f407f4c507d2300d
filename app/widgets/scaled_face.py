"""Which glyphs does a painted widget use? A `TokenFace` that is made anew when the text size changes, and only then."""

from app import fonts
from app.widgets.token_face import TokenFace


class ScaledFace:
    """The glyphs of one line of the type scale at the present text size."""

    def __init__(self, text: fonts.TypeStyle, hexes: fonts.TypeStyle = fonts.MONO_AXIS) -> None:
        self._text, self._hexes = text, hexes
        self._factor = fonts.factor()
        self._face = TokenFace(text, hexes)

    @property
    def now(self) -> TokenFace:
        """For the present text size."""
        if self._factor != fonts.factor():
            self._factor = fonts.factor()
            self._face = TokenFace(self._text, self._hexes)
        return self._face
