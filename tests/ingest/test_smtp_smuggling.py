"""No spelling of the end of a mail but the true one lets a second mail in, over real sockets and whatever the cut."""

import pytest

from tests.every_case import every_case
from tests.ingest.smtp_service import INTAKE, JANE, running
from tests.ingest.test_smtp_data import MARKS, by_lines

BEHIND = f"MAIL FROM:<{JANE}>\r\nRCPT TO:<{INTAKE}>\r\nDATA\r\nSubject: smuggled\r\n\r\nhidden\r\n.\r\n".encode()


@pytest.fixture(scope="module")
def service():
    with running(max_connections_per_peer=200) as started:
        yield started


def sent_as(way, stream):
    if way == "whole":
        return [stream]
    if way == "per byte":
        return [stream[at : at + 1] for at in range(len(stream))]
    half = stream.index(b"first") + 7
    return [stream[:half], stream[half:]]


@every_case("way", ["whole", "per byte", "two segments"])
@every_case("mark", MARKS, ids=repr)
def test_only_a_true_end_lets_a_second_mail_in(service, mark, way):
    stream = b"Subject: outer\r\n\r\nfirst" + mark + BEHIND
    expected, rest = by_lines(stream)
    mails = [expected]
    if b"MAIL FROM" in rest:
        # the mark ended the mail truly; what stands between it and the command is answered as bad syntax
        mails.append(by_lines(rest.partition(b"DATA\r\n")[2])[0])
    before = len(service.depositor.payloads)
    with service.client() as client:
        client.greet()
        client.open_data()
        for segment in sent_as(way, stream):
            client.send(segment)
        assert client.reply().startswith("250")
        client.send(b"QUIT\r\n")
        while client.reply():
            pass
    assert service.depositor.payloads[before:] == mails


@pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r"], ids=repr)
def test_false_end_alone_leaves_the_server_waiting_for_the_true_one(service, ending):
    before = len(service.depositor.payloads)
    with service.client() as client:
        client.greet()
        client.open_data()
        client.send(b"Subject: x\r\n\r\nbody" + ending)
        client.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.reply()
        client.socket.settimeout(30)
        client.send(b"tail\r\n.\r\n")
        assert client.reply().startswith("250")
    expected, _ = by_lines(b"Subject: x\r\n\r\nbody" + ending + b"tail\r\n.\r\n")
    assert service.depositor.payloads[before:] == [expected]
