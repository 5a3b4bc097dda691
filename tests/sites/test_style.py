import pytest

from app.sites.colors import contrast, on_color


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
    assert contrast(color, on_color(color)) >= 4.5
