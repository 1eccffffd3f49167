"""Between the reader that may not ask and the network: what is recorded, and what a record gets of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ingest.authenticity_rounds import complete, split_answers, with_answers
from ingest.dns_asking import Asker
from ingest.envelopes import Arrival, EnvelopeFacts
from ingest.examiner import EMAIL, Examiner
from ingest.reading_codec import FailureReason, ReadingFailed
from ingest.sandbox import SandboxedReader, email_reading
from storage.provenance import CheckMethod, DnsAnswer, DnsKind, DnsStatus, Verdict, dkim_of_original, passed_signature
from storage.records import Channel, Description, Envelope, Grade, Letterhead, RecordKind
from tests.ingest.spoof.signing import (
    AT,
    SENDER,
    ReaderHere,
    StubResolver,
    examined,
    key_record,
    mail,
    rsa_key,
    signed,
    zone,
)
from tests.ingest.test_examiner import ACTOR, NoSeries, deposit, records_of
from tests.storage.archives import make_archive

OWN_KEY = f"sel._domainkey.{SENDER}"


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


def reading(raw, **more: Any):
    return email_reading(raw, Arrival(at=AT, **more).options())


def asker(table=None):
    return Asker(StubResolver(zone() if table is None else table), clock=lambda: AT)


class Replaced(ReaderHere):
    """A reader that was taken over: it changes what it found."""

    def __init__(self, change) -> None:
        super().__init__()
        self._change = change

    def read_many(self, requests):
        return [self._change(one) for one in super().read_many(requests)]


def test_answers_travel_before_the_mail_and_are_taken_off_again():
    answer = DnsAnswer(name="a.example", kind=DnsKind.TXT, status=DnsStatus.OK, values=("é\xff",), at=AT)
    head = Letterhead(subject="Bus")
    read = Description(kind=RecordKind.EMAIL, original=head, carrier=head, text="Dear Ada")
    request = with_answers(reading(b"mail"), read, [answer])
    assert split_answers(request.payload, request.options) == ((answer,), replace(read, text=""), b"mail")


def test_an_arrival_is_the_same_after_its_way_through_options():
    arrival = Arrival(at=AT, envelope=EnvelopeFacts(peer="9.9.9.7", helo="mx", mail_from=None))
    assert Arrival.of_options(arrival.options()) == arrival


def test_a_reader_that_claims_a_pass_without_an_answer_is_not_believed():
    def claim(found) -> Any:
        weighed = found.authenticity
        checks = tuple(replace(one, verdict=Verdict.PASS, reason=None) for one in weighed.checks)
        answers = tuple(replace(one, status=DnsStatus.OK, values=("v=DKIM1",), at=AT) for one in weighed.answers)
        return replace(found, authenticity=replace(weighed, checks=checks, answers=answers))

    for asks in (None, asker({})):
        reader = Replaced(claim)
        request = reading(signed(mail()))
        (found,) = complete(reader, asks, [request], reader.read_many([request]), AT)
        assert passed_signature(found.authenticity) is None
        assert {one.verdict for one in found.authenticity.checks if one.method is CheckMethod.DKIM} == {
            Verdict.UNCHECKED
        }


def test_a_reader_that_falls_in_the_second_round_costs_the_check_and_not_the_record():
    class Falling(ReaderHere):
        def read_many(self, requests) -> Any:
            found = super().read_many(requests)
            failed = ReadingFailed(reason=FailureReason.CRASH, detail="x")
            return found if self.trips < 2 else [failed] * len(requests)

    found = examined(signed(mail()), reader=Falling())
    assert found.original.subject == "Bus times"
    assert dkim_of_original(found.authenticity).value == "unchecked"


def test_without_a_network_there_is_no_second_trip():
    reader = ReaderHere()
    found = examined(
        signed(mail()),
        {(OWN_KEY, DnsKind.TXT): DnsStatus.UNAVAILABLE, (f"_dmarc.{SENDER}", DnsKind.TXT): DnsStatus.UNAVAILABLE},
        reader=reader,
    )
    assert reader.trips == 1
    assert {one.status for one in found.authenticity.answers} == {DnsStatus.UNAVAILABLE}
    assert all(one.at == AT for one in found.authenticity.answers)


def test_one_key_is_asked_once_for_a_whole_batch():
    resolver, reader = StubResolver(zone()), ReaderHere()
    requests = [reading(signed(mail(Subject=f"No {number}"))) for number in range(20)]
    found = complete(reader, Asker(resolver, clock=lambda: AT), requests, reader.read_many(requests), AT)
    assert {dkim_of_original(one.authenticity).value for one in found} == {"pass"}
    assert resolver.asked.count((OWN_KEY, DnsKind.TXT)) == 1
    assert reader.trips == 2


def test_the_next_mail_of_a_sender_is_weighed_in_its_first_trip_with_the_answers_that_were_given():
    reader, asks = ReaderHere(), asker()
    first, second = (reading(signed(mail(Subject=f"No {number}"))) for number in range(2))
    (one,) = complete(reader, asks, [first], reader.read_many([first]), AT)
    assert reader.trips == 2
    (other,) = complete(reader, asks, [second], reader.read_many([second]), AT)
    assert reader.trips == 3
    assert other.authenticity == one.authenticity
    assert passed_signature(other.authenticity) is not None


def test_an_answer_that_is_over_is_asked_again_whatever_the_reader_remembers():
    reader, ticks, table = ReaderHere(), [0.0], zone()
    moments = iter([AT + timedelta(seconds=one) for one in range(20)])
    asks = Asker(StubResolver(table), clock=lambda: next(moments), ticks=lambda: ticks[0])
    request = reading(signed(mail()))
    complete(reader, asks, [request], reader.read_many([request]), AT)
    ticks[0] = 301.0
    for answer, verdict in ((DnsStatus.NXDOMAIN, "key_missing"), (DnsStatus.UNAVAILABLE, "dns_unavailable")):
        table[(OWN_KEY, DnsKind.TXT)] = answer
        (found,) = complete(reader, asks, [request], reader.read_many([request]), AT)
        (check,) = [one for one in found.authenticity.checks if one.method is CheckMethod.DKIM]
        assert (check.verdict, check.reason) == (Verdict.UNCHECKED, verdict)
        ticks[0] += 301.0


def test_a_reader_that_remembers_what_nobody_gave_has_it_asked():
    reader, request = ReaderHere(), reading(signed(mail()))
    complete(reader, asker(), [request], reader.read_many([request]), AT)
    (found,) = complete(reader, asker({}), [request], reader.read_many([request]), AT)
    (check,) = [one for one in found.authenticity.checks if one.method is CheckMethod.DKIM]
    assert (check.verdict, check.reason) == (Verdict.UNCHECKED, "key_missing")


def test_a_pass_with_a_key_that_does_not_exist_is_not_believed():
    def claim(found) -> Any:
        weighed = found.authenticity
        checks = tuple(replace(one, verdict=Verdict.PASS, reason=None) for one in weighed.checks)
        return replace(found, authenticity=replace(weighed, checks=checks))

    reader, request = Replaced(claim), reading(signed(mail()))
    (found,) = complete(reader, asker({}), [request], reader.read_many([request]), AT)
    (check,) = [one for one in found.authenticity.checks if one.method is CheckMethod.DKIM]
    assert check.verdict is Verdict.UNCHECKED


def test_a_signed_mail_is_graded_a_through_the_sandbox_and_opens_again_with_its_answers(archive):
    ada = archive.custodians.add("ada@district.example", name="Ada", actor=ACTOR).id
    good = deposit(archive, signed(mail()), ada, channel=Channel.CLI, kind=EMAIL)
    bad = deposit(archive, signed(mail()) + b"PS\r\n", ada, channel=Channel.CLI, kind=EMAIL)
    none = deposit(archive, mail(), ada, channel=Channel.CLI, kind=EMAIL)
    resolver = StubResolver(zone())
    with SandboxedReader() as reader:
        asks = Asker(resolver, clock=archive.store.clock)
        Examiner(archive, reader, NoSeries(), actor=ACTOR, asker=asks).examine_waiting()
    found = [records_of(archive, one)[0] for one in (good, bad, none)]
    assert [one.record.grade for one in found] == [Grade.A, Grade.B, Grade.B]
    assert [dkim_of_original(one.description.authenticity).value for one in found] == ["pass", "fail", "none"]
    (key,) = [one for one in found[0].description.authenticity.answers if one.name == OWN_KEY]
    assert key.values == (key_record(rsa_key()),)


def test_a_mail_over_smtp_has_its_senders_machine_checked(archive):
    ada = archive.custodians.add("ada@district.example", name="Ada", actor=ACTOR).id
    envelope = Envelope(submitter=f"bo@{SENDER}", transport=(("peer", "9.9.9.7:4025"), ("helo", "mx.sender.example")))
    one = deposit(archive, mail(), ada, envelope=envelope)
    table = zone({(SENDER, DnsKind.TXT): ["v=spf1 ip4:9.9.9.7 -all"]})
    with SandboxedReader() as reader:
        Examiner(archive, reader, NoSeries(), actor=ACTOR, asker=asker(table)).examine_waiting()
    (described,) = records_of(archive, one)
    (check,) = [each for each in described.description.authenticity.checks if each.method is CheckMethod.SPF]
    assert (check.verdict, check.domain) == (Verdict.PASS, SENDER)
    assert described.record.grade is Grade.B


def test_an_examiner_without_an_asker_records_that_nothing_could_be_checked(archive):
    ada = archive.custodians.add("ada@district.example", name="Ada", actor=ACTOR).id
    one = deposit(archive, signed(mail()), ada, channel=Channel.CLI, kind=EMAIL)
    with SandboxedReader() as reader:
        Examiner(archive, reader, NoSeries(), actor=ACTOR).examine_waiting()
    (described,) = records_of(archive, one)
    assert dkim_of_original(described.description.authenticity).value == "unchecked"
    assert {each.status for each in described.description.authenticity.answers} == {DnsStatus.UNAVAILABLE}
