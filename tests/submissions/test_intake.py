"""What a post becomes: answered as its sender reads, kept once, and nothing kept that must not be."""

from html import unescape

import pytest
from sqlalchemy import select

from app.consent.models import ConsentText
from app.extensions import db
from app.outbox.models import OutboxRow
from tests.submissions.conftest import AGED, CLOSED, KARI, MINIMAL, SITE, load

JSON = {"Accept": "application/json"}
TERMS = """\
      - {name: terms, kind: checkbox, label: {nb: Jeg godtar vilkårene, en: I accept the terms}}
"""


def test_a_browser_is_sent_to_a_page_that_says_thank_you(post, kept, client) -> None:
    answer = post({**KARI, "nyhetsbrev": "ja"})
    assert answer.status_code == 303
    assert answer.location.startswith("/f/kontakt/thanks?lang=nb&asked=newsletter")
    assert "Nyhetsbrev" in client.get(answer.location).text
    [row] = kept()
    assert row.answers == KARI
    assert (row.address, row.box, row.lang) == ("kari@example.no", "accepted", "nb")


def test_a_script_gets_json(post, kept) -> None:
    body = post({**KARI, "nyhetsbrev": "ja"}, headers=JSON).get_json()
    [row] = kept()
    assert body["ok"] is body["success"] is True
    assert (body["id"], body["status"], body["duplicate"]) == (f"sub_{row.id:x}", "pending_confirmation", False)
    assert body["next"].startswith("http://localhost/f/kontakt/thanks")
    assert post(KARI | {"message": "Noe annet"}, headers=JSON).get_json()["status"] == "accepted"


def test_json_in_gets_json_out(post, kept) -> None:
    answer = post(json={**KARI, "nyhetsbrev": True}, headers={"Accept": "*/*"})
    assert answer.get_json()["ok"] is True
    assert kept()[0].asked.keys() == {"newsletter"}


def test_multipart_is_read_as_well(post, kept) -> None:
    assert post(KARI, content_type="multipart/form-data").status_code == 303
    assert kept()[0].answers["name"] == "Kari Nordmann"


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_is_kept(post, kept) -> None:
    answer = post({**KARI, "email": "kari@", "nyhetsbrev": "ja"})
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert 'value="Kari Nordmann"' in page
    assert KARI["message"] in page
    assert page.count(" checked") == 1
    assert kept() == []


@pytest.mark.parametrize(("said", "ticked"), [("0", 0), ("nei", 0), ("", 0), ("1", 3), ("ja", 3)])
def test_a_box_on_the_page_to_mend_is_ticked_only_where_the_visitor_said_yes(site, post, said, ticked) -> None:
    load(site, MINIMAL + AGED.replace("    consents:", TERMS + "    consents:") + CLOSED)
    answer = post({"email": "x", "over_16": said, "terms": said, "nyhetsbrev": said}, form="ung")
    assert answer.status_code == 422
    assert answer.text.count(" checked") == ticked


def test_the_page_to_mend_speaks_the_language_of_the_form(post) -> None:
    assert '<html lang="en">' in post({**KARI, "email": "", "_lang": "en"}).text
    assert '<html lang="nb">' in post({**KARI, "email": "", "_lang": "nn"}, headers={"Accept-Language": "en"}).text
    assert '<html lang="en">' in post({**KARI, "email": ""}, headers={"Accept-Language": "en-GB, nb;q=0.5"}).text


def test_a_script_is_told_field_code_and_message(post) -> None:
    answer = post({**KARI, "email": "kari@", "name": " "}, headers=JSON)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.get_json()["errors"]] == [
        ("name", "REQUIRED_FIELD_EMPTY"),
        ("email", "TYPE_EMAIL"),
    ]
    assert all(error["message"] for error in answer.get_json()["errors"])


@pytest.mark.parametrize("value", ["1", "on", "true", "yes", "ja", "JA", " checked "])
def test_a_ticked_box_asks_for_consent(post, kept, value) -> None:
    post({**KARI, "nyhetsbrev": value})
    assert kept()[0].asked.keys() == {"newsletter"}


@pytest.mark.parametrize("value", ["", "0", "false", "off", "nei", "kanskje", "Unchecked"])
def test_anything_but_a_yes_is_kept_and_asks_for_nothing(post, kept, value) -> None:
    assert post({**KARI, "nyhetsbrev": value}).status_code == 303
    assert kept()[0].asked == {}


@pytest.mark.parametrize(("sent", "asked"), [("0&nyhetsbrev=1", {"newsletter"}), ("0", set())])
def test_of_a_box_sent_twice_the_last_value_counts(post, kept, sent, asked) -> None:
    body = f"name=Kari&email=kari@example.no&nyhetsbrev={sent}"
    post(body, content_type="application/x-www-form-urlencoded")
    assert kept()[0].asked.keys() == asked


def test_the_text_that_counts_is_ours_and_not_what_the_sender_claims(app, post, kept) -> None:
    post({**KARI, "nyhetsbrev": "1", "_consent_text": "Selg adressen min", "_consent_version": "999"})
    [row] = kept()
    with app.app_context():
        ours = db.session.scalars(select(ConsentText).where(ConsentText.lang == "nb")).one()
        assert row.asked == {"newsletter": ours.hash}
    assert "Selg" not in str(row.answers)


def test_the_text_that_was_shown_counts_even_when_the_page_is_older_than_the_text(app, post, kept, token) -> None:
    word = token(age=20 * 24 * 3600)
    load(
        app, (MINIMAL + AGED + CLOSED).replace("Ja takk til nyhetsbrev fra Nettsted AS.", "Ja takk til noe helt annet.")
    )
    post({**KARI, "nyhetsbrev": "1", "_t": word})
    with app.app_context():
        shown = db.session.get(ConsentText, kept()[0].asked["newsletter"])
        assert shown is not None
        assert shown.text == "Ja takk til nyhetsbrev fra Nettsted AS."


@pytest.mark.parametrize(
    ("spoken", "switches"), [("[en]", False), ("[nb]", False), ("[nb, en]", True)], ids=["en", "nb", "both"]
)
def test_a_page_leads_to_the_other_language_only_where_the_site_speaks_it(app, client, spoken, switches) -> None:
    load(app, (MINIMAL + CLOSED).replace('example"}', f'example", languages: {spoken}}}'))
    pages = [client.get(f"/f/{path}").text for path in ("kontakt", "kontakt/thanks", "stengt")]
    pages.append(client.post("/f/kontakt", data={}, headers={"Origin": SITE}).text)
    assert [('class="tongue"' in page) for page in pages] == [switches] * 4


def test_the_language_of_the_page_is_the_language_of_the_text(app, post, kept, token) -> None:
    post({**KARI, "nyhetsbrev": "1", "_t": token(lang="en")})
    [row] = kept()
    with app.app_context():
        shown = db.session.get(ConsentText, row.asked["newsletter"])
        assert shown is not None
        assert (row.lang, shown.lang) == ("en", "en")


def test_names_in_other_words_lead_to_the_same_field(post, kept) -> None:
    post({"name": "Kari", "EPOST": "Kari@Example.NO"})
    [row] = kept()
    assert (row.address, row.answers["email"]) == ("kari@example.no", "Kari@example.no")


def test_what_the_page_asks_beside_the_form_is_kept_and_what_steers_is_not(post, kept) -> None:
    post({**KARI, "tema[]": ["Kurs", "Foredrag"], "_next": "/takk", "_subject": "Hei", "_cc": "evil@example.com"})
    assert kept()[0].answers == {**KARI, "tema": ["Kurs", "Foredrag"]}


def test_a_form_without_an_age_statement_keeps_nothing(post, kept, unread) -> None:
    for data in ({"email": "kari@example.no"}, {"email": "kari@example.no", "over_16": "nei", "nyhetsbrev": "1"}):
        answer = post(data, form="ung", headers=JSON)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.get_json()["errors"]] == ["over_16"]
    post(b"{", form="ung", content_type="application/json")
    post({"email": "kari@example.no", "_gotcha": "x"}, form="ung")
    assert kept() == []
    assert unread() == []


def test_with_the_age_statement_it_is_kept(post, kept) -> None:
    assert post({"email": "kari@example.no", "over_16": "1"}, form="ung").status_code == 303
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("field", "typed", "kind"),
    [
        ("message", "Fødselsnummeret mitt er 01129907300.", "national_id"),
        ("name", "Kari 4111 1111 1111 1111", "card"),
        ("noe_annet", "5500 0000 0000 0004", "card"),
    ],
)
def test_numbers_that_must_not_be_kept_are_masked_and_the_submission_says_so(post, kept, field, typed, kind) -> None:
    body = post({**KARI, field: typed}, headers=JSON).get_json()
    [row] = kept()
    assert row.masked == [f"{field}: {kind}"]
    assert "•••" in row.answers[field]
    assert not any(digits in str(row.answers) for digits in ("01129907300", "4111", "5500"))
    assert body["masked"] is True
    assert "sladdet" in body["message"] or "covered" in body["message"]


def test_where_it_came_from_is_cut_short(post, kept) -> None:
    headers = {"User-Agent": "x" * 400, "Referer": f"{SITE}/kontakt/?utm=1&email=kari@example.no#x"}
    post(headers=headers, environ_overrides={"REMOTE_ADDR": "203.0.113.77"})
    [row] = kept()
    assert (row.network, len(row.user_agent), row.page_url) == ("203.0.113.0/24", 256, f"{SITE}/kontakt/")


def test_an_ipv6_address_keeps_its_48_bits(post, kept) -> None:
    post(environ_overrides={"REMOTE_ADDR": "2001:db8:1:2:3::4"})
    assert kept()[0].network == "2001:db8:1::/48"


def test_of_a_page_on_another_site_only_the_host_is_kept(post, kept) -> None:
    post(headers={"Referer": "https://annet.example/hemmelig/sti?x=1"})
    assert kept()[0].page_url == "annet.example"


def test_an_address_that_somebody_claims_to_come_from_is_ignored(post, kept) -> None:
    post(headers={"X-Forwarded-For": "198.51.100.7"})
    assert kept()[0].network == "127.0.0.0/24"


def test_the_script_tells_the_page_itself(post, kept) -> None:
    meta = {"page": f"{SITE}/kontakt/?x=1", "lang": "en", "sid": "en-to-tre"}
    body = {"name": "Kari", "epost": "kari@example.no", "nyhetsbrev": True, "_meta": meta}
    first = post(json=body, headers={**JSON, "Referer": SITE})
    assert post(json=body, headers=JSON).get_json()["id"] == first.get_json()["id"]
    [row] = kept()
    assert (row.page_url, row.lang, set(row.answers)) == (f"{SITE}/kontakt/", "en", {"name", "email"})


def test_a_closed_form_says_so_and_keeps_nothing(post, kept, unread) -> None:
    assert post({"email": "kari@example.no"}, form="stengt").status_code == 410
    assert post(b"{", form="stengt", content_type="application/json").status_code == 410
    assert kept() == []
    assert unread() == []


@pytest.mark.parametrize("slug", ["finnesikke", "KONTAKT", "kontakt%00", "..%2f..%2fetc", "a" * 200])
def test_an_unknown_form_is_not_found(post, slug) -> None:
    assert post(form=slug).status_code == 404


def test_norwegian_letters_are_the_same_however_they_were_composed(post, kept) -> None:
    post({**KARI, "name": "Ka\u030are"})
    assert kept()[0].answers["name"] == "Kåre"


def test_old_pages_may_still_write_latin_1(post, kept) -> None:
    post(b"name=K\xe5re+Bj\xf8rn\xf8y&email=kari@example.no", content_type="application/x-www-form-urlencoded")
    assert kept()[0].answers["name"] == "Kåre Bjørnøy"


@pytest.mark.parametrize(
    ("typed", "status"),
    [("000000000", 422), ("988077918", 422), ("988\u00a0077\u00a0917", 303), ("NO988077917MVA", 303), ("", 303)],
)
def test_an_organisation_number_is_looked_at(post, typed, status) -> None:
    assert post({**KARI, "orgnr": typed}).status_code == status


@pytest.mark.parametrize(("typed", "status"), [("+47 412 34 567", 303), ("02800", 303), ("ring meg", 422), ("12", 422)])
def test_a_telephone_number_is_a_number(post, typed, status) -> None:
    assert post({**KARI, "phone": typed}).status_code == status


@pytest.mark.parametrize("typed", ["ola@example.no, evil@example.com", "ola@example.no;evil@example.com"])
def test_two_addresses_in_one_field_are_refused(post, kept, typed) -> None:
    answer = post({**KARI, "email": typed}, headers=JSON)
    assert [error["code"] for error in answer.get_json()["errors"]] == ["ONE_ADDRESS_ONLY"]
    assert kept() == []


def test_two_different_addresses_are_never_guessed_between(post, kept) -> None:
    body = "name=Kari&email=kari@example.no&epost=ola@example.no"
    answer = post(body, content_type="application/x-www-form-urlencoded", headers=JSON)
    assert answer.status_code == 422
    assert kept() == []


def test_the_work_that_follows_is_promised_in_the_same_commit(app, post, kept) -> None:
    post()
    [row] = kept()
    with app.app_context():
        [work] = db.session.scalars(select(OutboxRow))
        assert (work.kind, work.ref) == ("submission.process", str(row.id))


def test_two_visitors_see_the_same_answer_whether_or_not_we_know_them(post, worker) -> None:
    post({**KARI, "nyhetsbrev": "1"})
    worker()
    known = post({**KARI, "nyhetsbrev": "1", "message": "En gang til"}, headers=JSON).get_json()
    unknown = post({**KARI, "nyhetsbrev": "1", "email": "ny@example.no"}, headers=JSON).get_json()
    for answer in (known, unknown):
        del answer["id"], answer["next"]
    assert known == unknown


def test_the_hosted_page_works_without_a_script(site, client, kept) -> None:
    page = client.get("/f/kontakt")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert " checked" not in page.text
    assert f"form-action 'self' {SITE}" in page.headers["Content-Security-Policy"]
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/f/kontakt", data=KARI, headers=headers).status_code == 303
    assert len(kept()) == 1


def test_a_program_without_any_browser_header_may_send_a_form(site, client, kept) -> None:
    assert client.post("/f/kontakt", data=KARI).status_code == 303
    assert kept()[0].box == "accepted"


def test_answers_in_the_address_are_refused(site, client) -> None:
    assert client.get("/f/kontakt?email=kari@example.no").status_code == 405
    assert client.get("/f/kontakt?epost=kari@example.no").status_code == 405
    assert client.get("/f/kontakt?utm_source=brev&lang=en").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_for_this(site, client, method) -> None:
    assert client.open("/f/kontakt", method=method, data=KARI).status_code == 405


def test_the_schema_is_what_a_script_needs_to_draw_the_form(site, client) -> None:
    schema = client.get("/f/kontakt/schema?lang=en").get_json()
    assert [field["name"] for field in schema["fields"]] == ["name", "email", "phone", "orgnr", "message"]
    assert schema["fields"][0] | {"label": "Name", "required": True} == schema["fields"][0]
    [box] = schema["consents"]
    assert (box["name"], box["purpose"]) == ("nyhetsbrev", "Newsletter")
    assert box["text"] == "Yes please to the newsletter of Nettsted AS."
    assert schema["action"] == "http://localhost/f/kontakt"
    assert schema["links"] == [["http://localhost/privacy?site=nettsted", "Privacy: your rights"]]


def test_a_covered_number_is_said_also_where_something_else_must_be_mended(post) -> None:
    said = "looks like a national identity number or a card number"
    refused = {"email": "kari@", "message": "Fødselsnummeret mitt er 01129907300.", "_lang": "en"}
    page = post({**KARI, **refused})
    assert page.status_code == 422 and "01129907300" not in page.text and said in page.text
    assert said not in post({**KARI, **refused, "message": "Hei"}).text


def test_the_token_is_never_cached(site, client) -> None:
    assert client.get("/f/kontakt/token").headers["Cache-Control"] == "no-store"


def test_the_thank_you_page_repeats_nothing_that_a_stranger_put_in_its_address(site, client) -> None:
    page = client.get("/f/kontakt/thanks?asked=<b>.newsletter&ref=<script>&masked=1&lang=en").text
    assert "<b>" not in page.split("<main")[1]
    assert "&lt;" not in page.split("<main")[1]


def test_whoever_ticks_nothing_where_only_ticks_count_is_told_that_nothing_will_come(site, post, client, kept) -> None:
    load(site, MINIMAL.replace("    notify: [post@nettsted.example]\n", "    forget_unconfirmed: true\n"))
    said = "Du krysset ikke av for noe, så vi sender deg ingenting."
    assert said in client.get(post(KARI).location).text
    body = post(KARI | {"message": "Noe annet"}, headers=JSON).get_json()
    assert body["ok"] and said in body["message"]
    ticked = KARI | {"nyhetsbrev": "ja"}
    assert said not in client.get(post(ticked).location).text
    assert said not in post(ticked, headers=JSON).get_json()["message"]
    assert [row.box for row in kept()] == ["accepted"] * 3


@pytest.mark.parametrize(("lang", "path"), [("nb", "/personvern"), ("en", "/privacy")])
def test_every_form_of_the_demo_leads_to_the_page_of_ones_rights(demo, client, lang, path) -> None:
    page = client.get(f"/demo?lang={lang}").text
    assert page.count(f'href="{path}?site=fjordlys"') == page.count("<form") == 2
    assert "Strandgaten 12" in page and client.get(f"{path}?site=fjordlys").status_code == 200


def test_a_message_without_a_tick_is_thanked_for_and_nothing_more(post, client) -> None:
    assert "ikke av for noe" not in client.get(post(KARI).location).text
    assert "ikke av for noe" not in post(KARI | {"message": "Noe annet"}, headers=JSON).get_json()["message"]
