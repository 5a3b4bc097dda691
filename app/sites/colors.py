"""A brand colour, and the colour of text that can be read on it."""

from __future__ import annotations

DARK, LIGHT = "#000000", "#ffffff"  # one of the two reaches 4.58 on every colour there is


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb`, from 0 to 1 (WCAG 2.1, definition of relative luminance)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, from 1 to 21 (WCAG 2.1, success criterion 1.4.3 wants 4.5)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def on_color(color: str) -> str:
    """Light or dark text, whichever reads better on this colour."""
    return max((LIGHT, DARK), key=lambda text: contrast(color, text))
