"""What an administrator sees and does under Settings, Samtykke."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

import pytest
import requests

from app.processors.wordpress.client import Client
from app.processors.wordpress.settings import Settings
from tests.support.wordpress import rows
from tests.support.wordpress.service import Answer, Service
from tests.support.wordpress.site import KEYS, Site

PAGE = "/wp-admin/options-general.php?page=samtykke"
SECRET = "a-secret-from-the-settings-page-0123456789"


@pytest.fixture
def boss(site: Site) -> requests.Session:
    return site.signed_in()


def opened(site: Site, session: requests.Session, path: str = PAGE) -> str:
    answer = session.get(site.url + path, timeout=30)
    assert answer.status_code == 200
    return answer.text


def pressed(site: Site, session: requests.Session, action: str, **fields: str) -> requests.Response:
    """Sends the form of the page that has this action, as a browser does."""
    html = opened(site, session)
    found = re.search(rf'name="action" value="{action}">.*?name="_wpnonce" value="(\w+)"', html, re.DOTALL)
    assert found, html
    form = {"action": action, "_wpnonce": found[1], **fields}
    return session.post(f"{site.url}/wp-admin/admin-post.php", data=form, timeout=30)


def saved(site: Site, session: requests.Session, **settings: str) -> str:
    nonce = re.search(
        r"name=.option_page. value=.samtykke.*?name=\"_wpnonce\" value=\"(\w+)\"", opened(site, session), re.DOTALL
    )
    assert nonce
    fields = {f"samtykke_settings[{name}]": value for name, value in settings.items()}
    form = {"option_page": "samtykke", "action": "update", "_wpnonce": nonce[1], **fields}
    return session.post(f"{site.url}/wp-admin/options.php", data=form | {"_wp_http_referer": PAGE}, timeout=30).text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_US", ["Address of the service", "Two keys can live beside each other", "Test the connection"]),
        ("nb_NO", ["Adressen til tjenesten", "To nøkler kan gjelde samtidig", "Test tilkoblingen"]),
    ],
)
def test_the_page_speaks_the_administrators_language(
    site: Site, boss: requests.Session, locale: str, words: list[str]
) -> None:
    site.query("UPDATE wp_usermeta SET meta_value = ? WHERE meta_key = 'locale' AND user_id = 1", locale)
    html = opened(site, boss)
    assert [word for word in words if word not in html] == []


def test_the_block_speaks_norwegian_too(site: Site) -> None:
    site.query("UPDATE wp_options SET option_value = 'nb_NO' WHERE option_name = 'WPLANG'")
    with site.database() as db:
        rows.option(db, "WPLANG", "nb_NO")
    block = site.php("return WP_Block_Type_Registry::get_instance()->get_registered( 'samtykke/form' )->title;")
    assert block == "Samtykke-skjema"


def test_only_administrators_see_the_page(site: Site) -> None:
    site.php("return wp_create_user( 'reader', 'a-password-of-reader', 'reader@example.no' );")
    session = requests.Session()
    session.get(f"{site.url}/wp-login.php", timeout=30)
    form = {"log": "reader", "pwd": "a-password-of-reader", "testcookie": "1"}
    session.post(f"{site.url}/wp-login.php", data=form, timeout=30)
    assert session.get(site.url + PAGE, timeout=30).status_code == 403
    button = session.post(f"{site.url}/wp-admin/admin-post.php", data={"action": "samtykke_test"}, timeout=30)
    assert button.status_code == 403


def test_a_button_pressed_from_another_site_does_nothing(site: Site, boss: requests.Session) -> None:
    site.set_keys(None)
    form = {"action": "samtykke_key", "key": "k1", "secret": SECRET}
    assert boss.post(f"{site.url}/wp-admin/admin-post.php", data=form, timeout=30).status_code == 403
    assert site.query("SELECT count(*) FROM wp_options WHERE option_name = 'samtykke_keys'") == [(0,)]


def test_the_address_is_saved_and_shown(site: Site, boss: requests.Session) -> None:
    html = saved(site, boss, service="https://samtykke.example/", user="samtykke")
    assert 'value="https://samtykke.example"' in html
    assert 'value="samtykke"' in html


@pytest.mark.parametrize("wrong", ["http://samtykke.example", "javascript:alert(1)", "ftp://samtykke.example"])
def test_an_address_that_is_not_safe_is_not_saved(site: Site, boss: requests.Session, wrong: str) -> None:
    saved(site, boss, service="https://samtykke.example", user="samtykke")
    html = saved(site, boss, service=wrong, user="nobody-here")
    assert "There is no user with this name." in html
    assert 'value="samtykke"' in html
    assert wrong not in html


def test_keys_from_the_page_open_the_gate_and_are_stored_encrypted(
    site: Site, boss: requests.Session, settings: Settings
) -> None:
    site.set_keys(None)
    html = pressed(site, boss, "samtykke_key", key="k1", secret=SECRET).text
    assert "Saved." in html
    assert SECRET not in html
    client = Client(Settings(site.url, "k1", SECRET, "samtykke"))
    assert client.call("find", email="kari@example.no")["held"] == []
    stored = site.query("SELECT option_value, autoload FROM wp_options WHERE option_name = 'samtykke_keys'")
    assert stored[0][1] in ("no", "off")
    assert SECRET not in stored[0][0]


def test_keys_are_replaced_without_a_minutes_silence(site: Site, boss: requests.Session) -> None:
    site.set_keys(None)
    for key in ("k1", "k2"):
        pressed(site, boss, "samtykke_key", key=key, secret=SECRET + key)
    first, second = (Client(Settings(site.url, key, SECRET + key, "samtykke")) for key in ("k1", "k2"))
    assert [client.call("coverage")["plugin"] for client in (first, second)] == ["1.0.0", "1.0.0"]
    pressed(site, boss, "samtykke_key", forget="k1")
    assert second.call("coverage")["plugin"] == "1.0.0"
    assert "<code>k1</code>" not in opened(site, boss)


def test_a_short_secret_is_not_taken(site: Site, boss: requests.Session) -> None:
    site.set_keys(None)
    assert "at least 32 characters" in pressed(site, boss, "samtykke_key", key="k1", secret="short").text


def test_keys_in_wp_config_are_named_and_cannot_be_changed_here(site: Site, boss: requests.Session) -> None:
    html = opened(site, boss)
    assert "<code>first</code>" in html
    assert "Written in wp-config.php." in html
    assert KEYS["first"] not in html
    assert 'value="samtykke_key"' not in html


def test_the_test_button_signs_a_ping(site: Site, boss: requests.Session, connected: Service) -> None:
    connected.answers["/webhooks/wordpress/ping"] = Answer(body={"ok": True})
    assert "It works: the service answers" in pressed(site, boss, "samtykke_test").text
    asked = connected.asked[-1]
    head = {name.lower(): value for name, value in asked.headers.items()}
    digest = hashlib.sha256(asked.body.encode()).hexdigest()
    lines = ["POST", asked.path, head["x-samtykke-at"], head["x-samtykke-nonce"], digest]
    right = hmac.new(KEYS["second"].encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    assert (head["x-samtykke-key"], head["x-samtykke-signature"]) == ("second", right)
    assert json.loads(asked.body) == {"site": site.url}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404), "is too old to be tested from here"),
        (Answer(401), "does not accept our key"),
        (Answer(500), "answered with an error"),
        (Answer(200, "<html>"), "answered with an error"),
        (Answer(302, headers={"Location": "https://elsewhere.example"}), "answered with an error"),
    ],
)
def test_the_test_button_says_what_is_wrong(
    site: Site, boss: requests.Session, connected: Service, answer: Answer, words: str
) -> None:
    connected.answers["/webhooks/wordpress/ping"] = answer
    assert words in pressed(site, boss, "samtykke_test").text


def test_the_test_button_says_when_nobody_answers(site: Site, boss: requests.Session) -> None:
    assert "Fill in the address of the service" in pressed(site, boss, "samtykke_test").text
    with site.database() as db:
        rows.option(db, "samtykke_settings", {"service": "http://127.0.0.1:9", "user": "samtykke"})
    assert "The service did not answer." in pressed(site, boss, "samtykke_test").text


def test_the_page_tells_when_the_service_was_here(site: Site, boss: requests.Session, settings: Settings) -> None:
    assert "has not been here yet" in opened(site, boss)
    Client(settings).call("coverage")
    assert "The service was here" in opened(site, boss)


def test_site_health_says_what_is_missing(site: Site) -> None:
    site.set_keys(None)
    with site.database() as db:
        rows.option(db, "samtykke_settings", {"service": "", "user": ""})
    found = call_health(site)
    assert found["status"] == "recommended"
    for sentence in ("The address of the service is not filled in.", "There is no key", "There is no service user."):
        assert sentence in found["description"]


def test_site_health_names_missing_rights(site: Site, connected: Service) -> None:
    with site.database() as db:
        rows.user(db, "editor@fjordlys.example", "editor", "editor")
        rows.option(db, "samtykke_settings", {"service": connected.url, "user": "editor"})
    found = call_health(site)
    assert found["status"] == "recommended"
    assert "manage_options, delete_users, edit_users" in found["description"]


def test_site_health_is_good_when_connected(site: Site, connected: Service) -> None:
    assert call_health(site)["status"] == "good"


def test_site_health_shows_our_test_among_wordpress_own(site: Site, boss: requests.Session) -> None:
    assert "Samtykke cannot do its work here yet" in opened(site, boss, "/wp-admin/site-health.php")


def call_health(site: Site) -> dict[str, str]:
    code = "return call_user_func( apply_filters( 'site_status_tests', array() )['direct']['samtykke']['test'] );"
    found: dict[str, str] = site.php(code)
    return found


def test_uninstalling_leaves_nothing_behind(site: Site, boss: requests.Session, settings: Settings) -> None:
    Client(settings).call("find", email="kari@example.no")
    site.php("set_transient( 'samtykke_form_x', 1, 600 ); update_user_meta( 1, 'samtykke_restricted', '1' ); return 1;")
    site.php("define( 'WP_UNINSTALL_PLUGIN', true ); require WP_PLUGIN_DIR . '/samtykke/uninstall.php'; return 1;")
    left = "SELECT option_name FROM wp_options WHERE option_name LIKE '%samtykke\\_%' ESCAPE '\\'"
    assert site.query(left) == []
    assert site.query("SELECT count(*) FROM wp_usermeta WHERE meta_key LIKE 'samtykke%'") == [(0,)]
