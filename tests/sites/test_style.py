import pytest

from app.sites.models import Site


def test_the_companys_colour_is_served_as_a_small_cacheable_stylesheet(demo, client) -> None:
    answer = client.get("/site/fjordlys.css")
    assert answer.mimetype == "text/css"
    assert answer.text == ":root{--brand:#1f5a5a;--on-brand:#ffffff}\n"
    assert "max-age" in answer.headers["Cache-Control"]
    assert client.get("/site/fjordlys.css", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_an_unknown_site_has_no_style(app, client) -> None:
    assert client.get("/site/ukjent.css").status_code == 404


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#1f5a5a", "#ffd400", "#ff0000", "#777777", "#808080"])
def test_text_on_any_colour_can_be_read(color: str) -> None:
    light, dark = sorted((luminance(color), luminance(Site(color=color).on_color)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.1, success criterion 1.4.3


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
