import pytest
from flask import Flask
from sqlalchemy import select

from app.consent import texts
from app.consent.models import ConsentText
from app.extensions import db
from app.submissions import definitions, loading
from app.submissions.document import Invalid
from app.submissions.models import Form, FormVersion
from tests.submissions.conftest import AGED, CLOSED, MINIMAL, load


def problems(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        definitions.parse(text)
    return [str(problem) for problem in refused.value.problems]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_mistake_names_its_line_and_its_field() -> None:
    text = MINIMAL.replace("kind: tel", "kind: telephone")
    assert problems(text) == [
        f"line {line_of(text, 'telephone,')}: forms.kontakt.fields[2].kind: "
        "must be one of text, email, tel, textarea, select, checkbox, org_number"
    ]


def test_every_mistake_is_named_at_once_in_the_order_of_the_file() -> None:
    text = MINIMAL.replace("kind: tel", "kind: telephone").replace("name: Nettsted AS, ", "")
    lines = [int(problem.split()[1].rstrip(":")) for problem in problems(text)]
    assert lines == [2, line_of(text, "telephone,")]


@pytest.mark.parametrize("word", ["required: true", "checked: true", "ticked: true", "default: true"])
def test_a_consent_box_can_be_neither_required_nor_ticked_beforehand(word: str) -> None:
    text = MINIMAL.replace(
        "{name: nyhetsbrev, purpose: newsletter}", f"{{name: nyhetsbrev, purpose: newsletter, {word}}}"
    )
    [problem] = problems(text)
    assert f"line {line_of(text, 'nyhetsbrev, purpose')}: forms.kontakt.consents[0].{word.split(':')[0]}: " in problem
    assert "neither required nor ticked" in problem


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("purpose: newsletter}", "purpose: offers}", "there is no purpose `offers`"),
        ("site: nettsted", "site: annet", "there is no site `annet`"),
        ("aliases: [epost]", "aliases: [NAME]", "`NAME` names two things in this form"),
        ("name: phone", "name: _next", "is not written as it must be"),
        ("{nb: Navn, en: Name}", "{nb: Navn}", "`en` is missing, and the site speaks it"),
        ('"https://nettsted.example"', '"https://nettsted.example/blogg"', "must be scheme://host"),
        (
            "title: {nb: Kontakt, en: Contact}",
            "title: {nb: K, en: C}\n    thanks_page: https://evil.example/",
            "own site",
        ),
        ("title: {nb: Kontakt, en: Contact}", "title: {nb: K, en: C}\n    titel: x", "is not known here"),
        ("kind: tel,", "kind: select,", "`options` belong to a field of kind select"),
        ("kind: email", "kind: text", "needs a field of kind email"),
        ("sites:", "company: {}\nsites:", "stands twice"),
        ("company:", "\tcompany:", "this is not YAML"),
        ("post@nettsted.example]", "post@nettsted.example, evil]", "is not written as it must be"),
    ],
)
def test_a_definition_that_cannot_be_right_is_refused(old: str, new: str, said: str) -> None:
    assert old in MINIMAL
    assert any(said in problem for problem in problems(MINIMAL.replace(old, new, 1)))


SPRAK = "- {name: lang, kind: select, label: {nb: S, en: L}, options: [{value: %s, label: {nb: N, en: N}}]}"
EMPTY = "must not be empty"
NO_ADDRESS = " is not written as it must be: this is no e-mail address"


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("name: Nettsted AS", r'name: "Al\x07le"', "company.name", "holds U+0007, which cannot be shown"),
        ("nb: Navn", r'nb: "Al\0le"', "forms.kontakt.fields[0].label.nb", "holds U+0000, which cannot be shown"),
        ("nb: Kontakt", r'nb: "Al\ud800le"', "forms.kontakt.title.nb", "holds U+D800, which cannot be shown"),
        ("nb: Kontakt", r'"n\ud800": Kontakt', "forms.kontakt.title", "holds U+D800, which cannot be shown"),
        ("nb: Kontakt", 'nb: "  "', "forms.kontakt.title.nb", EMPTY),
        ("nb: Navn", r'nb: "\u200b"', "forms.kontakt.fields[0].label.nb", EMPTY),
        ("nb: Ja takk til nyhetsbrev fra Nettsted AS.", 'nb: "  "', "purposes.newsletter.text.nb", EMPTY),
        ("name: Nettsted,", r'name: "\t",', "sites.nettsted.name", EMPTY),
        ("[post@nettsted.example]", '["=?x@foo..no"]', "forms.kontakt.notify[0]", "`=?x@foo..no`" + NO_ADDRESS),
        (
            "[post@nettsted.example]",
            '[" kari@example.no"]',
            "forms.kontakt.notify[0]",
            "` kari@example.no`" + NO_ADDRESS,
        ),
        ("email: post@nettsted.example", "email: kari@", "company.email", "`kari@`" + NO_ADDRESS),
        ("  newsletter:", "  all:", "purposes.all", "`all` means every purpose, and cannot be the name of one"),
        (
            "- {name: nyhetsbrev, purpose: newsletter}",
            "- {name: nyhetsbrev, purpose: newsletter}\n      - {name: nytt, purpose: newsletter}",
            "forms.kontakt.consents[1].purpose",
            "`newsletter` is asked for twice in this form",
        ),
        (
            "- {name: phone,",
            SPRAK % '" sp "' + "\n      - {name: phone,",
            "forms.kontakt.fields[2].options[0].value",
            "` sp ` can never be chosen: it arrives as `sp`",
        ),
        ("  kontakt:", "  Kontakt:", "forms.Kontakt", "`Kontakt` is not written as it must be"),
        ("  newsletter:", "  news-letter:", "purposes.news-letter", "`news-letter` is not written as it must be"),
        ("{nb: Navn,", "{no: Navn,", "forms.kontakt.fields[0].label.no", "is not known here"),
    ],
)
def test_what_cannot_work_is_named_by_its_own_line_and_field(
    app: Flask, old: str, new: str, field: str, said: str
) -> None:
    assert old in MINIMAL
    text = MINIMAL.replace(old, new, 1)
    answer = app.test_cli_runner().invoke(args=["forms", "load", "-"], input=text)
    line = line_of(text, new.splitlines()[-1 if "nytt" in new else 0])
    assert f"line {line}: {field}: {said}" in answer.output
    assert answer.exit_code == 1 and isinstance(answer.exception, SystemExit)


@pytest.mark.parametrize("character", ["\x07", "\0", "\ufffe"], ids=ascii)
def test_what_cannot_stand_in_a_file_at_all_is_named_by_its_line(app: Flask, character: str) -> None:
    text = MINIMAL.replace("nb: Kontakt", f"nb: Kon{character}takt")
    answer = app.test_cli_runner().invoke(args=["forms", "load", "-"], input=text)
    said = f"line {line_of(text, 'title:')}: the file: holds U+{ord(character):04X}, which cannot be shown"
    assert said in answer.output and answer.exit_code == 1 and isinstance(answer.exception, SystemExit)


def test_a_name_is_what_is_written_whatever_it_means_elsewhere() -> None:
    text = (
        MINIMAL.replace("  kontakt:", "  no:").replace("  nettsted:", "  24:").replace("site: nettsted", 'site: "24"')
    )
    assert list(definitions.parse(text)["forms"]) == ["no"]


@pytest.mark.parametrize(
    "text", ["", "[]", "a: [", "- - -", "company: !!python/object/apply:os.system [ls]", "&a [*a]"]
)
def test_what_is_not_a_definition_at_all_is_refused_kindly(text: str) -> None:
    assert problems(text)[0].startswith("line 1: ")


def test_a_date_is_fine_as_the_version_of_a_policy() -> None:
    policy = ", policy: {version: 2026-01-15, urls: {nb: https://nettsted.example/p}}}"
    text = MINIMAL.replace('origin: "https://nettsted.example"}', f'origin: "https://nettsted.example"{policy}')
    assert definitions.parse(text)["sites"]["nettsted"]["policy"]["version"] == "2026-01-15"


def test_loading_twice_changes_nothing(app: Flask) -> None:
    assert load(app, MINIMAL) == [
        "company nettsted: new",
        "site nettsted: new",
        "purpose newsletter: new wording",
        "form kontakt: version 1",
    ]
    assert load(app, MINIMAL) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("address: Storgata 1", "address: Storgata 2", "company nettsted: postal address"),
        ("name: Nettsted, origin", 'name: Nettsted, color: "#102030", origin', "site nettsted: color"),
        (
            'nettsted.example"}',
            'nettsted.example", policy: {version: "2", urls: {nb: https://nettsted.example/p}}}',
            "site nettsted: policy version, policy urls",
        ),
        ("name: {nb: Nyhetsbrev, en", "name: {nb: Nyheter, en", "purpose newsletter: name"),
        ("    notify:", "    open: false\n    notify:", "form kontakt: closed"),
    ],
)
def test_what_was_changed_is_named(app: Flask, old: str, new: str, said: str) -> None:
    load(app, MINIMAL)
    assert old in MINIMAL
    assert load(app, MINIMAL.replace(old, new)) == [said]


def test_what_was_dumped_loads_without_a_change(app: Flask) -> None:
    load(app, MINIMAL)
    with app.app_context():
        dumped = loading.dump()
    assert load(app, dumped) == []
    with app.app_context():
        assert loading.dump() == dumped


def test_a_new_wording_is_a_new_text_and_a_new_version_and_the_old_ones_stay(app: Flask) -> None:
    load(app, MINIMAL)
    changed = MINIMAL.replace("Ja takk til nyhetsbrev fra Nettsted AS.", "Ja takk til et månedlig nyhetsbrev.")
    assert load(app, changed) == ["purpose newsletter: new wording", "form kontakt: version 2"]
    with app.app_context():
        versions = db.session.scalars(
            select(ConsentText).where(ConsentText.lang == "nb").order_by(ConsentText.version)
        ).all()
        assert [text.text for text in versions] == [
            "Ja takk til nyhetsbrev fra Nettsted AS.",
            "Ja takk til et månedlig nyhetsbrev.",
        ]
        shown = [
            row.definition["consents"][0]["texts"]["nb"]
            for row in db.session.scalars(select(FormVersion).order_by(FormVersion.id))
        ]
        assert sorted(shown) == sorted(text.hash for text in versions)


def test_going_back_to_an_old_wording_goes_back_to_the_old_version(app: Flask) -> None:
    load(app, MINIMAL)
    load(app, MINIMAL.replace("nb: Kontakt,", "nb: Skriv til oss,"))
    assert load(app, MINIMAL) == ["form kontakt: version 1"]
    with app.app_context():
        form = db.session.scalars(select(Form)).one()
        assert form.version is not None
        assert form.version.number == 1


SAID = "Ja takk til nyhetsbrev fra Nettsted AS."
REWORDED = MINIMAL.replace(SAID, "Ja takk til et månedlig nyhetsbrev.")


def asked(lang: str = "nb") -> str:
    text = texts.current("newsletter", lang)
    return text.text if text else ""


def test_going_back_to_an_old_wording_puts_it_in_force_again(app: Flask) -> None:
    load(app, MINIMAL)
    load(app, REWORDED)
    assert load(app, MINIMAL) == ["purpose newsletter: earlier wording", "form kontakt: version 1"]
    with app.app_context():
        assert asked() == SAID
        dumped = loading.dump()
    assert SAID in dumped and "månedlig" not in dumped
    assert load(app, dumped) == load(app, MINIMAL) == []


def test_a_new_wording_is_asked_with_in_every_form_of_the_company(app: Flask) -> None:
    load(app, MINIMAL + AGED + CLOSED)
    assert load(app, REWORDED) == ["purpose newsletter: new wording", "form kontakt: version 2", "form ung: version 2"]
    with app.app_context():
        dumped = loading.dump()
    assert load(app, dumped) == []


def test_a_form_of_another_company_is_left_alone(app: Flask) -> None:
    load(app, MINIMAL)
    other = REWORDED.replace("slug: nettsted", "slug: annet").replace("  nettsted:", "  annet:")
    load(app, other.replace("site: nettsted", "site: annet").replace("  kontakt:", "  skriv:"))
    with app.app_context():
        numbers = {form.slug: form.version.number for form in db.session.scalars(select(Form)) if form.version}
    assert numbers == {"kontakt": 1, "skriv": 1}


def test_a_language_that_the_file_does_not_name_keeps_its_words(app: Flask) -> None:
    load(app, MINIMAL)
    english = MINIMAL.replace(f"nb: {SAID}, ", "").replace('example"}', 'example", languages: [en]}')
    assert load(app, english) == ["site nettsted: languages"]
    with app.app_context():
        assert asked() == SAID
        dumped = loading.dump()
    assert load(app, dumped) == []


def test_how_the_file_breaks_its_lines_is_no_new_wording(app: Flask) -> None:
    load(app, MINIMAL)
    folded = MINIMAL.replace(
        "Ja takk til nyhetsbrev fra Nettsted AS.", "Ja takk til nyhetsbrev\n      fra Nettsted AS."
    )
    assert load(app, folded) == []


def test_closing_a_form_makes_no_new_version(app: Flask) -> None:
    load(app, MINIMAL)
    assert load(app, MINIMAL.replace("title: {nb: Kontakt,", "open: false\n    title: {nb: Kontakt,")) == [
        "form kontakt: closed"
    ]
    with app.app_context():
        assert db.session.scalars(select(Form)).one().open is False


def test_the_command_line_loads_dumps_and_names_mistakes(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    assert "form kontakt: version 1" in run(args=["forms", "load", "-"], input=MINIMAL).output
    assert run(args=["forms", "load", "-"], input=run(args=["forms", "dump"]).output).output == "<stdin>: nothing new\n"
    wrong = run(args=["forms", "load", "-"], input=MINIMAL.replace("kind: tel", "kind: fax"))
    assert wrong.exit_code == 1
    assert "forms.kontakt.fields[2].kind" in wrong.output


def test_the_demo_does_not_load_in_production(app: Flask) -> None:
    app.config["PRODUCTION"] = True
    assert app.test_cli_runner().invoke(args=["demo", "load"]).exit_code == 1


@pytest.mark.parametrize(("encoding", "said"), [("cp1252", "line 3"), ("utf-16", "line 1")])
def test_a_file_that_is_not_utf_8_is_named_with_its_line(app, tmp_path, encoding, said) -> None:
    file = tmp_path / "company.yaml"
    file.write_bytes("company:\n  slug: x\n  name: Fjordlys Interiør\n".encode(encoding))
    answer = app.test_cli_runner().invoke(args=["forms", "load", str(file)])
    assert answer.exit_code == 1 and said in answer.output and "UTF-8" in answer.output
