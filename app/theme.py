"""Which colours, and where do they come from? Two themes, exact, and the tint of a token.

A widget asks `Theme.of(self.palette())` when it paints; nothing stores a current theme, so a change of
palette (the system's or the setting's) is followed by the repaint that Qt sends anyway.
"""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QColor, QPalette

GOLDEN_RATIO: Final = 0.6180339887
DATA: Final = ("#2C7DC1", "#C87E10", "#06976D", "#C56B9E", "#3A99BA", "#CE561F", "#958D1C", "#7E848C")


@dataclass(frozen=True)
class Theme:
    """The colours of one theme by role; `token_tints` has 12 hues, `surprise` 5 steps from p >= 50 % to p < 1 %."""

    name: str
    window: str
    surface: str
    raised: str
    sunken: str
    hover: str
    border: str
    grid: str
    control: str
    text: str
    secondary: str
    disabled: str
    accent: str
    accent_text: str
    accent_soft: str
    selection: str
    success: str
    success_fill: str
    warning: str
    warning_fill: str
    error: str
    error_fill: str
    token_tints: tuple[str, ...]
    surprise: tuple[str, ...]

    @staticmethod
    def of(palette: QPalette) -> "Theme":
        """The theme that `palette` was made from."""
        return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT

    def tint(self, token_id: int) -> QColor:
        """The background of a token: its hue depends on its id alone, so it survives edits and matches elsewhere."""
        return QColor(self.token_tints[hue(token_id)])


def hue(token_id: int) -> int:
    """One of 12 hues for a token id: `int(frac(id * golden ratio) * 12)`. hue(0) -> 0, hue(1) -> 7."""
    return int(token_id * GOLDEN_RATIO % 1.0 * 12)


LIGHT: Final = Theme(
    name="light",
    window="#F5F6F8",
    surface="#FFFFFF",
    raised="#FFFFFF",
    sunken="#F0F1F4",
    hover="#ECEEF2",
    border="#E1E4E9",
    grid="#ECEEF1",
    control="#858B97",
    text="#1A1D23",
    secondary="#59616E",
    disabled="#9DA3AE",
    accent="#4653C5",
    accent_text="#FFFFFF",
    accent_soft="#ECEEFB",
    selection="#DFE3FA",
    success="#166C43",
    success_fill="#E8F5EE",
    warning="#8F5A00",
    warning_fill="#FCF3E2",
    error="#BC2F36",
    error_fill="#FCEDED",
    token_tints=(
        *("#FFDBDD", "#FFDECE", "#F8E3C6", "#EAE9C6", "#DAEED0", "#CCF0DF"),
        *("#C5F0EF", "#C7EDFD", "#D3E8FF", "#E2E3FF", "#F2DEFB", "#FEDBED"),
    ),
    surprise=("#FFFFFF", "#FFF0E3", "#FFDEBF", "#FFC797", "#FFAC71"),
)

DARK: Final = Theme(
    name="dark",
    window="#15171B",
    surface="#1C1F25",
    raised="#252931",
    sunken="#16191E",
    hover="#23272F",
    border="#2E323B",
    grid="#282C34",
    control="#717885",
    text="#E8EAEE",
    secondary="#A7AEBB",
    disabled="#636A77",
    accent="#98A4FF",
    accent_text="#12141C",
    accent_soft="#262B45",
    selection="#30375F",
    success="#5CC48F",
    success_fill="#1B3128",
    warning="#E3AE58",
    warning_fill="#362B1A",
    error="#F2858A",
    error_fill="#3A2226",
    token_tints=(
        *("#522D30", "#513020", "#4A3515", "#3D3B16", "#2D4022", "#194232"),
        *("#084242", "#123F4F", "#253A55", "#363555", "#44304D", "#4E2D40"),
    ),
    surprise=("#1C1F25", "#34271E", "#4D321E", "#6A4020", "#8B4F22"),
)
