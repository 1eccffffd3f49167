"""Checkpoints are given away, seen again, and stop an archive that was rolled back; letters are sent or told."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import delete, update

from archiver.anchoring import Anchoring, is_due
from archiver.chores import chores_of
from archiver.config import load_settings
from archiver.letters import LetterSender
from archiver.problems import Exit
from archiver.unlocking import unlock_folder
from archiver.wiring import Installation, open_installation
from storage.checkpoints import verify
from storage.errors import Conflict, InvalidInput
from storage.events import EventKind
from storage.outbox import Letter, Outbox
from storage.tables import outbox, wrapped_keys
from tests.archiver.commands import PASSPHRASE, a_mail
from tests.archiver.letter_box import open_letter_box

CLERK = "clerk@district.example"


def set_anchors(office, place, *, mail_port=None, **more: int):
    (place / "far").mkdir(exist_ok=True)
    lines = ["[anchors]", f'files = ["{place}/anchors.txt"]', f'folders = ["{place}/far"]']
    if mail_port is not None:
        lines.append(f'mail = ["{CLERK}"]')
    lines += [f"{name} = {value}" for name, value in more.items()]
    if mail_port is not None:
        lines += ["[mail]", "enabled = true", f"port = {mail_port}", "timeout = 5"]
    (office.folder / "archiver.toml").write_text("\n".join(lines), "utf-8")


@pytest.fixture
def opened(office):
    """The archive in this program, opened once its settings stand."""
    made = []

    def open_it() -> Installation:
        keyring = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
        made.append(open_installation(office.folder, keyring))
        return made[-1]

    yield open_it
    for one in made:
        one.close()
    structlog.reset_defaults()


@pytest.fixture
def letter_box():
    with open_letter_box() as box:
        yield box


def kinds(installation):
    with installation.archive.store.read() as connection:
        return [one.event.kind for one in installation.archive.ledger.events_after(connection, -1)]


def something_happens(installation):
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor="operator:test")


def put_back(office, older):
    """An older copy of everything in the archive's folder, as a restored snapshot would be."""
    shutil.rmtree(office.folder)
    shutil.copytree(older, office.folder)


def test_without_anchors_the_command_says_how_to_set_them(office):
    answer = office.run("ledger", "anchor")
    assert answer.status == Exit.NOT_FOUND
    assert "[anchors]" in answer.err
    assert office.json("ledger", "anchors")["findings"] == []


def test_a_checkpoint_is_given_to_every_place_and_seen_there(office, tmp_path):
    set_anchors(office, tmp_path)
    given = office.json("ledger", "anchor")
    assert given["kept"] == [f"{tmp_path}/anchors.txt", f"{tmp_path}/far"]
    seen = office.json("ledger", "anchors")
    assert {(one["place"], one["size"], one["standing"]) for one in seen["anchors"]} >= {
        (place, given["size"], "kept") for place in given["kept"]
    }
    line = office.json("ledger", "key")["key"]
    note = (tmp_path / "far" / f"{given['size']}.checkpoint").read_bytes()
    assert verify(note, line).root.hex() == given["root"]
    assert "given away" in office.run("doctor").out


def test_a_place_that_is_away_is_told_and_the_others_get_theirs(office, tmp_path):
    set_anchors(office, tmp_path)
    (tmp_path / "far").rmdir()
    given = office.json("ledger", "anchor", status=Exit.FINDINGS)
    assert given["kept"] == [f"{tmp_path}/anchors.txt"]
    assert [one["place"] for one in given["failed"]] == [f"{tmp_path}/far"]
    assert office.json("ledger", "anchors", status=Exit.FINDINGS)["findings"]
    assert f"{tmp_path}/far" in office.run("doctor").out


def test_an_anchor_inside_the_archive_is_refused(office):
    (office.folder / "archiver.toml").write_text('[anchors]\nfiles = ["anchors.txt"]\n', "utf-8")
    answer = office.run("ledger", "anchor")
    assert answer.status == Exit.USAGE
    assert "keep anchors elsewhere" in answer.err


@pytest.mark.parametrize("command", ["serve", "ingest", "anchor", "backup"])
def test_an_archive_that_was_rolled_back_is_refused_and_both_sizes_are_named(office, tmp_path, command):
    set_anchors(office, tmp_path)
    older = shutil.copytree(office.folder, tmp_path / "older")
    office.json("custodian", "add", "new@agency.example", "--name", "New")
    size = office.json("ledger", "anchor")["size"]
    put_back(office, older)
    mail = tmp_path / "one.eml"
    mail.write_bytes(a_mail("Walrus", "A walrus."))
    arguments = {
        "serve": ["serve"],
        "ingest": ["ingest", str(mail)],
        "anchor": ["ledger", "anchor"],
        "backup": ["backup", "create", "--to", str(tmp_path / "place")],
    }
    answer = office.run(*arguments[command])
    assert answer.status == Exit.CONFLICT
    assert f"the {size} that {tmp_path}/" in answer.err
    assert "docs/operations.md" in answer.err
    seen = office.json("ledger", "anchors", status=Exit.FINDINGS)["anchors"]
    assert {one["standing"] for one in seen if one["place"].startswith(str(tmp_path))} == {"broken"}
    assert office.run("doctor").status == Exit.FINDINGS


def test_a_rollback_is_refused_by_one_anchor_though_the_other_is_away(office, tmp_path):
    set_anchors(office, tmp_path)
    older = shutil.copytree(office.folder, tmp_path / "older")
    office.json("custodian", "add", "new@agency.example", "--name", "New")
    office.json("ledger", "anchor")
    put_back(office, older)
    shutil.rmtree(tmp_path / "far")
    assert office.run("serve").status == Exit.CONFLICT


def test_a_round_is_due_when_something_happened_and_the_time_has_come(office, tmp_path, opened):
    set_anchors(office, tmp_path, every_minutes=60)
    installation = opened()
    store = installation.archive.store
    now = store.clock()
    store.clock = lambda: now
    anchoring = Anchoring(installation)
    assert anchoring.step(actor="service:clock").kept
    assert anchoring.step(actor="service:clock") is None
    something_happens(installation)
    assert anchoring.step(actor="service:clock") is None
    now += timedelta(minutes=60)
    assert anchoring.step(actor="service:clock").kept
    now += timedelta(days=30)
    assert anchoring.step(actor="service:clock") is None  # nothing but anchoring has happened since
    assert kinds(installation).count(EventKind.CHECKPOINT_ANCHORED) == 2


def test_a_clock_that_was_set_back_does_not_stop_anchoring(office, tmp_path, opened):
    set_anchors(office, tmp_path)
    installation = opened()
    Anchoring(installation).anchor(actor="service:clock")
    something_happens(installation)
    store = installation.archive.store
    with store.read() as connection:
        assert is_due(connection, store.clock() - timedelta(days=1), timedelta(hours=1))
        assert not is_due(connection, store.clock() + timedelta(minutes=1), timedelta(hours=1))


def test_a_place_that_failed_is_tried_again_before_the_next_round(office, tmp_path, opened):
    set_anchors(office, tmp_path)
    (tmp_path / "far").rmdir()
    anchoring = Anchoring(opened())
    assert anchoring.step(actor="service:clock").failed
    assert anchoring.step(actor="service:clock").failed
    (tmp_path / "far").mkdir()
    again = anchoring.step(actor="service:clock")
    assert again.kept == (f"{tmp_path}/far",)
    assert anchoring.step(actor="service:clock") is None


def test_nothing_is_anchored_beside_another_history(office, tmp_path, opened):
    set_anchors(office, tmp_path)
    older = shutil.copytree(office.folder, tmp_path / "older")
    office.json("custodian", "add", "new@agency.example", "--name", "New")
    office.json("ledger", "anchor")
    put_back(office, older)
    before = (tmp_path / "anchors.txt").read_bytes()
    with pytest.raises(Conflict):
        Anchoring(opened()).anchor(actor="service:clock")
    assert (tmp_path / "anchors.txt").read_bytes() == before


def test_the_event_of_a_round_says_where_in_its_payload_only(office, tmp_path, opened):
    set_anchors(office, tmp_path)
    installation = opened()
    done = Anchoring(installation).anchor(actor="service:clock")
    ledger = installation.archive.ledger
    with installation.archive.store.read() as connection:
        (event,) = ledger.events_after(connection, -1, kinds=[EventKind.CHECKPOINT_ANCHORED])
        payload = ledger.payload(connection, event.position)
    assert payload["size"] == done.checkpoint.size
    assert f"{tmp_path}/far" in payload["places"]
    assert str(tmp_path) not in event.event.encode().decode()


def test_an_address_gets_a_letter_with_the_note_and_nothing_of_content(office, tmp_path, letter_box):
    set_anchors(office, tmp_path, mail_port=letter_box.port)
    given = office.json("ledger", "anchor")
    assert CLERK in given["kept"]
    assert office.json("outbox", "list")["waiting"] == 1
    assert office.json("outbox", "retry") == {"sent": 1, "failed": 0, "waiting": 0}
    (letter,) = letter_box.letters
    assert letter["To"] == CLERK
    assert letter["Auto-Submitted"] == "auto-generated"
    assert f"{given['size']} events" in letter["Subject"]
    note = (tmp_path / "far" / f"{given['size']}.checkpoint").read_text("utf-8")
    body = letter.get_body(("plain",)).get_content()
    assert note in body.replace("\r\n", "\n")
    (attached,) = letter.iter_attachments()
    assert verify(attached.get_content(), office.json("ledger", "key")["key"]).size == given["size"]
    assert office.json("outbox", "list") == {"waiting": 0, "stuck": 0, "letters": []}


def test_sending_letters_does_not_make_work_for_anchoring(office, tmp_path, letter_box, opened):
    set_anchors(office, tmp_path, mail_port=letter_box.port, every_minutes=1)
    installation = opened()
    chores = {one.name: one for one in chores_of(installation)}
    now = installation.archive.store.clock()
    installation.archive.store.clock = lambda: now
    for _ in range(5):
        chores["anchors"].step()
        chores["letters"].step()
        now += timedelta(hours=1)
    assert len(letter_box.letters) == 1
    assert kinds(installation)[-2:] == [EventKind.CHECKPOINT_ANCHORED, EventKind.LETTER_SENT]


def test_a_mail_server_that_is_away_is_owed_one_letter_and_not_one_an_hour(office, tmp_path, opened):
    set_anchors(office, tmp_path, mail_port=9, every_minutes=1)
    installation = opened()
    now = installation.archive.store.clock()
    installation.archive.store.clock = lambda: now
    for _ in range(3):
        something_happens(installation)
        Anchoring(installation).step(actor="service:clock")
        LetterSender(installation.archive, installation.settings.mail).send_due(actor="service:clock")
        now += timedelta(hours=1)
    with installation.archive.store.read() as connection:
        (one,) = Outbox(installation.archive.store).waiting(connection)
    assert (one.attempts, one.problem) == (3, "unreachable")


def test_a_refused_letter_stays_and_the_others_are_sent(office, tmp_path, letter_box, opened):
    set_anchors(office, tmp_path, mail_port=letter_box.port)
    office.json("ledger", "anchor")
    letter_box.answers[CLERK] = f"550 no such user {CLERK}"
    assert office.run("outbox", "retry").status == Exit.FINDINGS
    listed = office.json("outbox", "list")
    assert [one["problem"] for one in listed["letters"]] == ["refused 550"]
    installation = opened()
    with installation.archive.store.write() as transaction:
        transaction.connection.execute(update(outbox).values(attempts=5))
    answer = office.run("doctor")
    assert "1 wait, 1 of them failed often" in answer.out
    del letter_box.answers[CLERK]
    assert office.json("outbox", "retry")["sent"] == 1


def test_letters_that_cannot_be_opened_are_told_and_the_others_are_sent(office, tmp_path, letter_box, opened):
    set_anchors(office, tmp_path, mail_port=letter_box.port)
    installation = opened()
    box = Outbox(installation.archive.store)
    more = [box.prepare(Letter(kind="anchor", to=CLERK, subject="s", text="t")) for _ in range(25)]
    with installation.archive.store.write() as transaction:
        for one in more:
            box.add(transaction, one)
    with installation.archive.store.write() as transaction:
        for one in more[:22]:  # more than are sent together
            transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == one.id))
    answer = office.run("outbox", "retry", "--json")
    assert (answer.status, answer.document) == (Exit.FINDINGS, {"sent": 3, "failed": 22, "waiting": 22})
    assert len(letter_box.letters) == 3
    listed = office.json("outbox", "list")["letters"]
    assert {(one["to"], one["problem"], one["attempts"]) for one in listed} == {(None, "damaged", 1)}
    assert "22 cannot be opened" in office.run("outbox", "list").out
    with installation.archive.store.write() as transaction:
        transaction.connection.execute(update(outbox).values(attempts=5))
    assert "22 wait, 22 of them failed often; see: archiver outbox list" in office.run("doctor").out
    assert CLERK in Anchoring(installation).anchor(actor="service:clock").kept  # nobody knows to whom they were


def test_letters_are_sent_by_one_program_at_a_time(office, tmp_path, letter_box, opened):
    set_anchors(office, tmp_path, mail_port=letter_box.port)
    office.json("ledger", "anchor")
    installation = opened()
    sender = LetterSender(installation.archive, installation.settings.mail)
    with sender._alone() as mine:
        assert mine
        assert sender.send_due(actor="service:clock").sent == 0
    assert sender.send_due(actor="service:clock").sent == 1


def test_a_crash_after_the_servers_answer_sends_the_same_letter_again_by_the_same_id(
    office, tmp_path, letter_box, opened, monkeypatch
):
    set_anchors(office, tmp_path, mail_port=letter_box.port)
    office.json("ledger", "anchor")
    installation = opened()
    sender = LetterSender(installation.archive, installation.settings.mail)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "sent", crash)
        with pytest.raises(KeyboardInterrupt):
            sender.send_due(actor="service:clock")
    sender.send_due(actor="service:clock")
    assert len(letter_box.letters) == 2
    assert len({letter["Message-ID"] for letter in letter_box.letters}) == 1


def test_retrying_without_a_mail_server_says_what_to_set(office):
    answer = office.run("outbox", "retry")
    assert answer.status == Exit.TRY_AGAIN
    assert "[mail]" in answer.err


def test_an_empty_outbox_says_so(office):
    assert office.run("outbox", "list").out == "No letters wait.\n"


def test_a_password_is_not_sent_in_the_clear_to_another_host(office, opened):
    text = '[mail]\nenabled = true\nhost = "mail.district.example"\nusername = "archive"\n'
    (office.folder / "archiver.toml").write_text(text, "utf-8")
    installation = opened()
    with pytest.raises(InvalidInput, match="in the clear"):
        LetterSender(installation.archive, installation.settings.mail).send_due(actor="service:clock")


def test_tiles_are_written_again_on_request(office):
    office.json("ledger", "checkpoint")
    shutil.rmtree(office.folder / "ledger" / "tile" / "entries")
    note = office.json("ledger", "checkpoint", "--whole")["checkpoint"]
    assert list((office.folder / "ledger" / "tile" / "entries").rglob("*"))
    assert (office.folder / "ledger" / "checkpoint").read_text("utf-8") == note


def test_a_damaged_published_checkpoint_is_listed_and_stops_what_would_replace_it(office, tmp_path):
    set_anchors(office, tmp_path)
    office.json("ledger", "anchor")
    path = office.folder / "ledger" / "checkpoint"
    path.write_bytes(b"junk")
    listed = office.json("ledger", "anchors", status=Exit.FINDINGS)
    assert {one["standing"] for one in listed["anchors"]} == {"kept"}
    assert [one["place"] for one in listed["findings"]] == ["ledger/checkpoint"]
    for command in (["serve"], ["ledger", "anchor"], ["ledger", "checkpoint"]):
        assert office.run(*command).status == Exit.ERROR
    path.unlink()
    office.json("ledger", "anchor")
    assert office.json("ledger", "anchors")["findings"] == []


def test_the_settings_have_defaults_that_send_and_anchor_nothing(tmp_path):
    settings = load_settings(tmp_path)
    assert not settings.mail.enabled
    assert (settings.anchors.files, settings.anchors.folders, settings.anchors.mail) == ((), (), ())


def test_an_archive_without_anchors_has_no_such_chores(office, opened):
    names = {one.name for one in chores_of(opened())}
    assert not names & {"anchors", "letters"}


def test_a_damaged_checkpoint_is_named_with_its_file(office):
    (office.folder / "ledger" / "checkpoint").write_text("no note\n")
    for arguments in (["serve"], ["ledger", "checkpoint"]):
        answer = office.run(*arguments)
        assert (answer.status, "ledger/checkpoint is damaged" in answer.err) == (1, True)
    (fault,) = office.json("verify", status=Exit.FINDINGS)["faults"]
    assert "ledger/checkpoint is damaged" in fault["detail"]
