"""Fees, instalments, appeals and notices at the command line, and what the clock does about them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from archiver.release_notices import release_holds, step_notices
from archiver.request_closing import release_ended_holds
from archiver.request_fee_rules import schedule_document, schedule_text
from archiver.request_instalments import step_instalments
from archiver.wiring import open_installation
from search.disclosure.fee_rules import shipped_fees
from search.disclosure.instalments import Instalments
from search.disclosure.jurisdictions import profile_ids
from storage.keys import Secret, SlotKind, unlock
from storage.outbox import Outbox, WaitingLetter
from tests.archiver.commands import PASSPHRASE, Office, new_office
from tests.archiver.sealed_rows import prove_sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation


@contextmanager
def installed(office: Office) -> Iterator[Installation]:
    keyring = unlock(office.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode()))
    installation = open_installation(office.folder, keyring)
    try:
        yield installation
    finally:
        installation.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = new_office(tmp_path_factory.mktemp("fees") / "archive")
    settings = office.folder / "archiver.toml"
    text = settings.read_text("utf-8").replace("# remind_to = []", 'remind_to = ["office@agency.example"]', 1)
    section = text.index("[mail]")
    settings.write_text(text[:section] + text[section:].replace("# enabled = false", "enabled = true", 1), "utf-8")
    return office


def opened(office: Office, profile: str, *more: str, received: str | None = None) -> str:
    when = () if received is None else ("--received", received)
    asked = ("request", "open", "--how", "email", "--text", "The lights", "--profile", profile, *when, *more)
    number: str = office.json(*asked)["number"]
    return number


def fee(office: Office, *arguments: str, status: int = 0) -> Any:
    return office.json("request", "fee", *arguments, status=status)


def today(office: Office) -> date:
    with installed(office) as installation:
        archive = installation.archive
        return archive.store.clock().astimezone(archive.zone).date()


def test_an_estimate_is_explained_and_written_down_unless_it_is_a_trial(desk: Office) -> None:
    number = opened(desk, "WA")
    tried = fee(desk, "estimate", number, "--pages", "40", "--dry-run")
    assert (tried["noted"], tried["estimate"]["cents"]) == (False, 600)
    assert "No fee" in desk.run("request", "fee", "show", number).out
    told = desk.run("request", "fee", "estimate", number, "--pages", "40", "--gigabytes", "1.5", "--hours", "2")
    assert "40 pages; 40 at 0.15 make 6.00. RCW 42.56.120(2)(b)(i)" in told.out
    assert "nothing may be charged for it. RCW 42.56.120(1)" in told.out
    shown = fee(desk, "show", number)
    assert (shown["estimated"], shown["owed"]) == (615, 0)
    assert "Together 6.15." in shown["booked"][0]["text"]


def test_money_goes_from_deposit_to_charge_to_refund(desk: Office) -> None:
    number = opened(desk, "WA")
    fee(desk, "deposit", number, status=5)
    fee(desk, "estimate", number, "--pages", "100")
    assert fee(desk, "deposit", number, "--amount", "1.51", status=5)["error"]["kind"] == "conflict"
    assert fee(desk, "deposit", number)["deposit_open"] == 150
    fee(desk, "paid", number, "--amount", "1.51", "--deposit", status=5)
    assert fee(desk, "paid", number, "--amount", "1.50", "--deposit")["credit"] == 150
    assert fee(desk, "charge", number, "--pages", "30")["owed"] == 300
    assert fee(desk, "waive", number, "--reason", "agency_rule", "--amount", "4.00")["credit"] == 100
    fee(desk, "waive", number, "--reason", "kindness", status=2)
    fee(desk, "refund", number, "--amount", "1.01", status=5)
    desk.json("request", "close", number, "released")
    assert fee(desk, "refund", number)["credit"] == 0
    fee(desk, "charge", number, "--pages", "1", status=5)
    told = desk.run("request", "fee", "show", number).out
    assert "refunded: 1.00" in told


def test_what_the_law_forbids_is_not_charged_and_the_sentence_says_why(desk: Office) -> None:
    late = opened(desk, "IL", received="2026-01-05T10:00")
    refused = fee(desk, "charge", late, "--pages", "90", status=5)["error"]["message"]
    assert "the answer came late" in refused
    assert "5 ILCS 140/3(d)" in refused
    assert fee(desk, "show", late)["charged"] == 0
    fee(desk, "charge", opened(desk, "OH"), "--pages", "3", status=2)
    assert fee(desk, "charge", opened(desk, "OH"), "--pages", "3", "--rate", "page=0.05")["owed"] == 15


def with_rates(office: Office, stated: str) -> str:
    """The settings with rates of the agency's own; the settings as they were."""
    settings = office.folder / "archiver.toml"
    before = settings.read_text("utf-8")
    settings.write_text(
        before.replace("\n[disclosure]\n", f"\n[disclosure]\nprofile = 'WA'\nfees = {stated}\n"), "utf-8"
    )
    return before


def test_the_agencys_own_rates_are_charged_and_told(desk: Office) -> None:
    number = opened(desk, "WA")
    before = with_rates(desk, '{page = "0.10", gigabyte = "0.05"}')
    try:
        told = desk.run("request", "fee", "estimate", number, "--pages", "40", "--dry-run").out
        assert "40 at 0.10 (the agency's own rate; the law allows 0.15) make 4.00" in told
        assert fee(desk, "charge", number, "--pages", "40", "--rate", "page=0.12")["owed"] == 480
        assert "up to 0.15, the agency's own rate is 0.10" in desk.run("request", "fee", "rules", "wa").out
        rules = {one["unit"]: one["own_cents"] for one in fee(desk, "rules", "WA")["items"]}
        assert (rules["page"], rules["file"]) == (10, None)
    finally:
        (desk.folder / "archiver.toml").write_text(before, "utf-8")


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ('{page = "0.16"}', "costs at most 0.15 (RCW 42.56.120"),
        ('{hour = "10"}', "nothing may be charged for hour (RCW 42.56.120"),
        ('{page = "cheap"}', "an amount is written like 12.50"),
        ('{postage = "1.00"}', "there is no rate 'postage'"),
    ],
)
def test_rates_that_the_law_does_not_allow_are_refused_with_the_settings(desk: Office, stated: str, why: str) -> None:
    before = with_rates(desk, stated)
    try:
        refused = desk.json("request", "fee", "rules", "WA", status=2)["error"]["message"]
        assert "disclosure.fees" in refused
        assert why in refused
    finally:
        (desk.folder / "archiver.toml").write_text(before, "utf-8")


def test_the_rules_of_every_law_can_be_read(desk: Office) -> None:
    for one in profile_ids():
        assert schedule_text(schedule_document(shipped_fees(one))).startswith(f"{one}: what may be charged")
    told = desk.run("request", "fee", "rules", "ma").out
    assert "with --when at_most_20000_inhabitants the first 0 free" in told
    assert desk.json("request", "fee", "rules", "WA")["deposit"]["percent"] == 10
    desk.json("request", "fee", "rules", "ZZ", status=3)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--hours", "-1"),
        ("--hours", "two"),
        ("--rate", "page"),
        ("--rate", "stamp=1"),
        ("--when", "full_moon"),
        ("--pages", "1" * 30),
        ("--media", "1e3"),
    ],
)
def test_what_cannot_be_read_is_refused(desk: Office, wrong: tuple[str, str]) -> None:
    number = desk.json("request", "list")[0]["number"]
    fee(desk, "estimate", number, "--dry-run", *wrong, status=2)


def test_an_unpaid_deposit_stops_the_clocks_that_the_law_names(desk: Office) -> None:
    number = opened(desk, "TX")
    fee(desk, "estimate", number, "--pages", "2000")
    shown = fee(desk, "deposit", number)
    assert (shown["deposit_stops_clocks"], shown["tolled_clocks"]) == (True, ["production"])
    shown = fee(desk, "paid", number, "--amount", "100", "--deposit")
    assert shown["tolled_clocks"] == ["production"]
    assert fee(desk, "paid", number, "--amount", "100", "--deposit")["tolled_clocks"] == []


def test_a_waiver_of_all_lets_the_clocks_go_on(desk: Office) -> None:
    number = opened(desk, "TX")
    fee(desk, "estimate", number, "--pages", "2000")
    fee(desk, "deposit", number)
    assert fee(desk, "waive", number, "--reason", "public_interest")["tolled_clocks"] == []


def test_an_instalment_is_reminded_of_once_and_marked_when_nobody_fetches_it(desk: Office) -> None:
    number, day = opened(desk, "WA"), today(desk)
    assert "No instalment" in desk.run("request", "instalment", "list", number).out
    desk.json("request", "instalment", "add", number, "--due", str(day), "--text", "mail of March")
    desk.json("request", "instalment", "claimed", number, "1", status=5)
    request_id = desk.json("request", "show", number)["id"]
    with installed(desk) as installation:
        assert (step_instalments(installation, day), step_instalments(installation, day)) == (1, 0)
        store = installation.archive.store
        with store.read() as connection:
            letters = [one.letter for one in Outbox(store).waiting(connection) if isinstance(one, WaitingLetter)]
        (letter,) = [one for one in letters if "instalment" in one.subject]
        assert "March" not in letter.text
        with store.write() as transaction:
            Instalments(store).mark_produced(transaction, request_id, 1, "1", actor="usr_ann")
    (one,) = desk.json("request", "instalment", "list", number)
    assert (one["state"], one["lies_until"]) == ("produced", str(day + timedelta(days=30)))
    with installed(desk) as installation:
        step_instalments(installation, day + timedelta(days=30))
    assert desk.json("request", "instalment", "list", number)[0]["state"] == "produced"
    with installed(desk) as installation:
        step_instalments(installation, day + timedelta(days=31))
    assert desk.json("request", "instalment", "list", number)[0]["state"] == "abandoned"
    assert desk.json("request", "instalment", "claimed", number, "1")[0]["state"] == "claimed"


def test_what_is_held_for_a_request_stays_held_while_an_appeal_is_pending(desk: Office) -> None:
    number, day = opened(desk, "IL", "--query", "stadium"), today(desk)
    desk.json("request", "close", number, "denied")
    appeal = ("request", "appeal", "open", number, "--body", "Public Access Counselor", "--ground", "too much")
    assert desk.json(*appeal)["appeals"][0]["outcome"] is None
    assert "stays held" in desk.run("request", "appeal", "show", number).out
    with installed(desk) as installation:
        assert release_ended_holds(installation, day + timedelta(days=400)) == 0
    decided = desk.json("request", "appeal", "decide", number, "1", "upheld", "--text", "Rightly denied.")
    assert (decided["state"], decided["opened_again"]) == ("closed", False)
    with installed(desk) as installation:
        assert release_ended_holds(installation, day + timedelta(days=60)) == 0
        assert release_ended_holds(installation, day + timedelta(days=61)) == 1


def test_a_reversal_opens_a_request_again_and_a_late_appeal_is_told(desk: Office) -> None:
    number = opened(desk, "NY", received="2026-01-05T10:00")
    desk.json("request", "note", number, "denied", "--at", "2026-01-07T10:00")
    appeal = ("request", "appeal", "open", number, "--body", "Superintendent", "--ground", "x")
    told = desk.json(*appeal, "--received", "2026-02-07T10:00")
    assert told["appeals"][0]["late"]
    assert [one["clock"] for one in told["clocks"]] == ["appeal", "appeal_decision"]
    desk.json("request", "close", number, "denied")
    desk.json("request", "appeal", "decide", number, "1", "reversed", "--text", "Give it.", status=2)
    done = ("request", "appeal", "decide", number, "1", "reversed", "--text", "Give it.", "--changes", "all of it")
    assert desk.json(*done)["opened_again"]
    assert desk.json("request", "show", number)["state"] == "open"
    desk.json(*done, status=5)


def test_a_notice_holds_the_release_until_its_days_are_over_and_the_clock_says_so(desk: Office) -> None:
    number, day = opened(desk, "WI", "--circumstance", "subject_notice"), today(desk)
    assert "Nothing holds" in desk.run("request", "notice", "list", number).out
    sent = ("request", "notice", "send", number, "--person", "Pat Roe", "--kind", "wi-19.356", "--sent", str(day))
    last = str(day + timedelta(days=12))
    assert [one["until"] for one in desk.json(*sent)["holds"]] == [last]
    assert "Pat Roe" in desk.run("request", "notice", "list", number).out
    with installed(desk) as installation:
        assert step_notices(installation, day + timedelta(days=12)) == 0
        assert step_notices(installation, day + timedelta(days=13)) == 1
        with installation.archive.store.read() as connection:
            assert release_holds(installation, connection, number) == ()
    assert desk.json("request", "notice", "list", number)["notices"][0]["state"] == "ended (expired)"
    desk.json("request", "notice", "end", number, "1", "--by", "consent", status=5)


def test_an_action_holds_until_the_order_and_a_noted_clock_holds_without_a_notice(desk: Office) -> None:
    number, day = opened(desk, "WI", "--circumstance", "subject_notice"), today(desk)
    desk.json("request", "note", number, "subject_notified")
    assert len(desk.json("request", "notice", "list", number)["holds"]) == 1
    desk.json("request", "notice", "send", number, "--person", "Pat", "--kind", "wi-19.356", "--sent", str(day))
    assert [one["until"] for one in desk.json("request", "notice", "action", number, "1")["holds"]] == [None]
    ended = desk.json("request", "notice", "end", number, "1", "--by", "court_order", "--text", "order 12")
    assert ended["holds"] == []
    other = ("request", "notice", "send", number, "--person", "Pat", "--sent", str(day), "--kind")
    desk.json(*other, "tx-552.305", status=2)
    desk.json(*other, "other", status=2)


def test_these_acts_are_for_who_keeps_requests_and_looking_is_for_who_sees_them(desk: Office) -> None:
    tokens = {role: desk.json("user", "add", role, "--role", role)["token"] for role in ("reviewer", "auditor")}
    number = desk.json("request", "list")[0]["number"]

    def by(role: str, *arguments: str, status: int) -> None:
        desk.json("request", *arguments, "--as", role, status=status, ARCHIVER_TOKEN=tokens[role])

    by("reviewer", "fee", "show", number, status=0)
    by("auditor", "fee", "show", number, status=4)
    by("reviewer", "fee", "charge", number, "--pages", "1", status=4)
    by("reviewer", "instalment", "add", number, "--due", "2026-04-01", "--text", "x", status=4)
    by("reviewer", "appeal", "open", number, "--body", "x", "--ground", "x", status=4)
    by("reviewer", "notice", "send", number, "--person", "x", "--kind", "other", "--sent", "2026-01-01", status=4)
    by("auditor", "appeal", "show", number, status=4)


def test_instalments_appeals_and_notices_open_in_the_check_of_everything(desk: Office) -> None:
    number, day = opened(desk, "WI", "--circumstance", "subject_notice"), str(today(desk))
    desk.json("request", "instalment", "add", number, "--due", day, "--text", "mail of March")
    desk.json("request", "notice", "send", number, "--person", "Pat Roe", "--kind", "wi-19.356", "--sent", day)
    desk.json("request", "close", number, "denied")
    desk.json("request", "appeal", "open", number, "--body", "The court", "--ground", "too much")
    desk.json("request", "appeal", "decide", number, "1", "upheld", "--text", "Rightly denied.")
    prove_sealed(desk, "instalment", "notice before a release", "appeal", "decision of an appeal")
