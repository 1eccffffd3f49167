"""The tables of `archiver.toml`: one class a table, one line a setting, with its default and its sentence.

Rule: a default is what a small office would choose; what widens who may reach the archive is never a default.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads the annotations
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from archiver.own_rates import lawful_rates
from ingest.channels.imap_settings import TlsMode
from ingest.channels.smtp_settings import Oddity
from ingest.dns import split_server
from retention.nonrecord_reasons import NonrecordReason
from search.engines import DEFAULT, engine_names


class Section(BaseModel):
    """A table of the settings file; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: ValidationInfo) -> object:
        """The empty text that the template shows for what is unset means just that."""
        unset = info.field_name is not None and cls.model_fields[info.field_name].default is None
        return None if value == "" and unset else value


class AgencySection(Section):
    """Who runs this archive."""

    name: str = Field("Unnamed agency", description="the agency's name, as shown on pages and receipts")
    holidays: tuple[date, ...] = Field((), description="days that are no working days, such as [2026-07-03]")


class RetentionSection(Section):
    """Disposition of records."""

    approvals: int = Field(1, ge=1, le=5, description="persons beside the proposer who must approve a destruction")
    nonrecord_reasons: tuple[NonrecordReason, ...] = Field(
        tuple(NonrecordReason), description="reasons for which something may be released as not a record"
    )


class SearchSection(Section):
    """Finding records."""

    engines: tuple[str, ...] = Field(
        (DEFAULT,), min_length=1, description='engines that have an index, of "fts" and "whoosh"; the first answers'
    )
    rebuild_per_second: int = Field(
        1_000, ge=0, description="records a second at which the services build an index anew; 0 for no limit"
    )
    seconds: float = Field(60.0, gt=0, le=3_600, description="after so many seconds a search is given up")
    processor_seconds: float = Field(
        1.8,
        gt=0,
        le=3_600,
        description="processor time of all steps of a search; lists of all ids have no such limit",
    )
    reconcile_at: str = Field(
        "03:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time of comparing catalogue and index"
    )

    @field_validator("engines")
    @classmethod
    def _are_engines(cls, engines: tuple[str, ...]) -> tuple[str, ...]:
        known = engine_names()
        if unknown := [one for one in engines if one not in known]:
            raise ValueError(f"there is no search engine {unknown[0]!r}; there is: {', '.join(known)}")
        if len(set(engines)) < len(engines):
            raise ValueError("each engine stands here once")
        return engines


class RegionReading(StrEnum):
    """Whether engines read redacted regions before a production: always, where the archive reads pictures, or never."""

    ALWAYS = "always"
    EXPECTED = "expected"
    NEVER = "never"


class DisclosureSection(Section):
    """Disclosure requests: whose law, and on which days the office is open."""

    profile: str = Field("", description='rules of the jurisdiction, as "WA"; see: archiver request profiles')
    holidays: str = Field("", description="state whose public holidays count, in two letters; else the federal ones")
    weekdays: tuple[str, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), min_length=1, description="days of the week on which the office is open"
    )
    closes_at: str = Field("", description='local time from which on a request counts as of the next day, as "16:30"')
    closures: tuple[str, ...] = Field((), description='days closed, as "2026-12-21..2027-01-01 winter break"')
    open_on: tuple[date, ...] = Field((), description="public holidays on which the office is open, as [2026-11-27]")
    remind_days: int = Field(2, ge=1, le=30, description="business days before a due day on which a letter reminds")
    remind_to: tuple[str, ...] = Field((), description="addresses that are reminded of due days")
    fees: dict[str, str] = Field(
        {}, description='the agency\'s own rates of fees: {page = "0.10", hour = "24.00"}; else those of the law'
    )
    letters: Path | None = Field(None, description="folder of the agency's own templates of letters")
    prefix: str = Field("PRR", description="what page numbers of productions begin with, where --prefix is not given")
    second_review: bool = Field(default=False, description="whether a second person confirms whatever is produced")
    read_regions: RegionReading = Field(
        RegionReading.EXPECTED,
        description='whether engines read redacted regions of pictures before they leave: "always", "never", or '
        '"expected" where this archive reads pictures; what they did not read is refused',
    )
    packages: Path | None = Field(
        None, description="folder from which the web server hands out packages of productions"
    )
    scanner: str = Field("", description="program that looks for viruses in a file before it leaves as it is")

    _fees_are_lawful = field_validator("fees")(lawful_rates)


class SmtpSection(Section):
    """The mail receiver."""

    enabled: bool = Field(default=True, description="whether `serve` receives mail")
    listen: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8025, ge=0, le=65535, description="port to listen on; 0 lets the system choose")
    hostname: str = Field("archive.localdomain", description="the name in the greeting")
    intake: tuple[str, ...] = Field(("records@archive.localdomain",), description="addresses that anybody may write to")
    intake_domains: tuple[str, ...] = Field((), description="domains where each custodian's own address is taken")
    aliases: dict[str, str] = Field({}, description="recipient address = a custodian's address")
    acceptors: int = Field(2, ge=1, le=16, description="acceptor programs")
    max_size: int = Field(52_428_800, ge=65_536, description="largest mail, in bytes")
    max_line: int = Field(1_000_000, ge=998, description="longest line that is taken, in bytes; longer are refused")
    bare_line_ends: Oddity = Field(Oddity.KEEP, description="keep or refuse mail with a CR or LF alone; never changed")
    nul_bytes: Oddity = Field(Oddity.KEEP, description="keep or refuse mail with a zero byte; never changed")
    max_connections: int = Field(200, ge=1, description="connections at a time, in each acceptor")
    max_per_peer: int = Field(50, ge=1, description="connections at a time from one address, in each acceptor")
    max_recipients: int = Field(100, ge=1, description="recipients of one mail; further ones are told to come again")
    max_errors: int = Field(100, ge=1, description="refusals after which a connection is closed")
    per_minute: int = Field(0, ge=0, description="mails a minute, in each acceptor; 0 for no limit")
    per_minute_of_peer: int = Field(0, ge=0, description="mails a minute from one address; 0 for no limit")
    timeout: float = Field(300.0, gt=0, description="seconds after which a silent connection is closed")
    tls_certificate: Path | None = Field(None, description="PEM file; STARTTLS is offered when it is set")
    tls_key: Path | None = Field(None, description="PEM file of its key")
    users: Path | None = Field(None, description="file of who may sign in, over TLS; lines from: archiver smtp user")
    auth_required: bool = Field(default=False, description="whether one must sign in to send")
    journal_recipients: tuple[str, ...] = Field((), description="addresses that get Exchange's journal reports")
    journal_peers: tuple[str, ...] = Field((), description="addresses or networks that journal reports come from")


class LmtpSection(Section):
    """The receiver for a mail server on this machine; recipients and limits are those of [smtp]."""

    enabled: bool = Field(default=False, description="whether `serve` receives mail by LMTP")
    listen: str = Field("127.0.0.1", description="address to listen on; empty to use only the socket")
    port: int = Field(8024, ge=0, le=65535, description="port to listen on; 0 lets the system choose")
    socket: Path | None = Field(None, description="path of a Unix socket to listen on as well")
    socket_mode: str = Field("660", pattern=r"^[0-7]{3}$", description="who may connect to the socket, as of chmod")
    max_connections: int = Field(100, ge=1, description="connections at a time, at each of both")


class FolderSection(Section):
    """One watched folder."""

    path: Path = Field(description="the folder; files in it are taken, and then moved into its folder done")
    custodian: str | None = Field(None, description="address of the custodian whose files lie in it")
    settle: float = Field(10.0, gt=0, description="seconds that a file must not have changed")
    every: float = Field(5.0, gt=0, description="seconds between two looks")
    delete: bool = Field(default=False, description="delete what was taken, instead of moving it")


class ImapSection(Section):
    """One mailbox of the agency that is polled; it signs in with one of password_file, token_file, token_command."""

    host: str = Field(description="the mail server")
    port: int = Field(993, ge=1, le=65535, description="its port")
    tls: TlsMode = Field(TlsMode.IMPLICIT, description="implicit, starttls, or none for a server on this machine")
    certificate_authority: Path | None = Field(None, description="PEM file to check it by; else the system's")
    username: str = Field(description="who signs in")
    password_file: Path | None = Field(None, description="file that holds the password")
    token_file: Path | None = Field(None, description="file that holds an OAuth2 access token, which something renews")
    token_command: tuple[str, ...] = Field((), description="program and arguments that print an OAuth2 access token")
    agency_owned: bool = Field(default=False, description="the agency owns this mailbox at a consumer provider")
    agency_owned_reason: str = Field("", description="why it is there; stands in the ledger")
    folders: tuple[str, ...] = Field(("INBOX",), description="names, or patterns with * (anything) and % (one level)")
    exclude: tuple[str, ...] = Field((), description="what patterns leave out: names, patterns, uses such as \\\\Junk")
    mark: str | None = Field("\\Seen", description="flag set on what is archived; empty to leave it untouched")
    move_to: str | None = Field(None, description="folder that mail is moved to when it is archived")
    custodian: str | None = Field(None, description="address of the custodian whose mailbox it is")
    every: float = Field(60.0, gt=0, description="seconds between polls, where the server does not tell of new mail")
    idle_minutes: float = Field(29.0, ge=0, le=29, description="minutes to wait for the server's word; 0 to poll only")
    max_size: int = Field(157_286_400, ge=65_536, description="largest mail, in bytes")
    timeout: float = Field(60.0, gt=0, le=600, description="seconds to wait for the server")


class WebSection(Section):
    """The page and the API."""

    enabled: bool = True
    listen: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 lets the system choose")
    session_hours: float = Field(8.0, gt=0, le=24, description="hours after which one signs in again")
    secure_cookies: bool = Field(default=False, description="set behind a TLS proxy")


class SandboxSection(Section):
    """Limits of the readers."""

    memory_mb: int = Field(512, ge=64, description="resident memory of a reader, in MiB")
    seconds: float = Field(60.0, gt=0, description="time for one submission")
    largest_mb: int = Field(64, ge=1, le=1024, description="larger submissions are kept without being read, in MiB")
    allow_unconfined: bool = Field(default=False, description="read even where the kernel refuses seccomp")


class PicturesSection(Section):
    """What is read in pictures and scans, after they are archived."""

    enabled: bool = Field(default=True, description="whether pictures are read; else they are kept and not searchable")
    languages: tuple[str, ...] = Field((), description='names of Tesseract such as ["eng", "spa"]; empty for eleven')
    page_seconds: float = Field(60.0, gt=0, le=3_600, description="time for one page")
    pages: int = Field(500, ge=1, le=10_000, description="pages of one file that are read")
    memory_mb: int = Field(900, ge=256, description="resident memory of the reader of pictures, in MiB")


class DnsSection(Section):
    """Who is asked for the keys that signatures of mail are checked with."""

    enabled: bool = Field(default=True, description="whether the DNS is asked; else signatures stay unchecked")
    servers: tuple[str, ...] = Field((), description="addresses of DNS servers, perhaps with :port; else the system's")
    timeout: float = Field(4.0, gt=0, le=30, description="seconds that one question may take")

    @field_validator("servers")
    @classmethod
    def _are_addresses(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for one in servers:
            split_server(one)
        return servers


class DraftsSection(Section):
    """Uploads from which their submitters still choose."""

    days: float = Field(7.0, gt=0, le=90, description="days after which a draft that nobody confirmed is destroyed")


class UploadsSection(Section):
    """What employees hand in over the page and the API."""

    hours: float = Field(24.0, gt=0, le=720, description="hours after which an upload that was not finished is removed")
    largest_mb: int = Field(20_480, ge=1, description="most that one person may have under way, in MiB")
    files: int = Field(500, ge=1, le=5_000, description="files of one upload")
    open: int = Field(10, ge=1, le=1_000, description="uploads that one person may have under way")


class ClockSection(Section):
    """Daily work."""

    evaluate_at: str = Field("02:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time of evaluation")


class FixitySection(Section):
    """The scheduled check of everything."""

    days: float = Field(30.0, ge=0, le=3_650, description="days within which every byte is checked; 0 for never")


class AnchorsSection(Section):
    """Where the ledger's signed checkpoints are kept outside of this archive."""

    files: tuple[Path, ...] = Field((), description="files, on another disk, that checkpoints are appended to")
    folders: tuple[Path, ...] = Field((), description="folders, of another host, that get one file a checkpoint")
    mail: tuple[str, ...] = Field((), description="addresses that get a letter; needs [mail]")
    every_minutes: int = Field(60, ge=1, le=44_640, description="minutes between checkpoints, if something happened")


class MailSection(Section):
    """The mail server that takes letters of the archive."""

    enabled: bool = Field(default=False, description="whether letters are sent")
    host: str = Field("127.0.0.1", description="mail server that relays for this archive")
    port: int = Field(25, ge=1, le=65535, description="its port")
    tls: TlsMode = Field(TlsMode.NONE, description="implicit, starttls, or none for a server on this machine")
    username: str = Field("", description="user name, if the server asks for one")
    password_file: Path | None = Field(None, description="file that holds the password")
    sender: str = Field("archive@archive.localdomain", description="address that letters come from")
    timeout: float = Field(30.0, gt=0, le=600, description="seconds to wait for the server")


class AnswerTo(StrEnum):
    """Which of an employee's addresses is answered."""

    SENDER = "sender"
    OFFICE = "office"


class AnswersSection(Section):
    """Letters that answer mail which was handed in; sent where [mail] is enabled."""

    enabled: bool = Field(default=True, description="whether mail that is handed in is answered; needs [mail]")
    receipts: bool = Field(default=True, description="whether employees get a receipt")
    failures: bool = Field(default=True, description="whether mail that could not be archived is answered")
    to: AnswerTo = Field(AnswerTo.SENDER, description="sender: to where it came from; office: to the first address")
    show_subject: bool = Field(default=False, description="whether a letter names the subject")
    per_hour: int = Field(20, ge=1, le=1_000, description="letters to one address in an hour; the rest in one letter")
    per_day: int = Field(100, ge=1, le=10_000, description="letters to one address in a day")
    all_per_hour: int = Field(500, ge=1, le=100_000, description="letters to all addresses in an hour")
    domains: tuple[str, ...] = Field((), description="the agency's own domains, where unknown senders are told")
    page: str = Field("", description="address of the archive's page, for links in letters")


class AlertsSection(Section):
    """Letters about records that came in and that somebody waits for."""

    officers: tuple[str, ...] = Field((), description="addresses of the records officers; needs [mail]")


class WatchSection(Section):
    """What is told to the administrator, and when."""

    mail: tuple[str, ...] = Field((), description="addresses that are told what is wrong; needs [mail]")
    reminder_hours: float = Field(24.0, ge=1, le=744, description="hours after which they are told again")
    failing_minutes: int = Field(60, ge=5, le=10_080, description="minutes that a channel may fail")
    silent_hours: dict[str, float] = Field(
        {}, description='hours without mail, by channel: {smtp = 72, "imap.records" = 24}'
    )
    examination_minutes: int = Field(60, ge=1, le=10_080, description="minutes that a submission may wait")
    index_minutes: int = Field(15, ge=1, le=10_080, description="minutes that a record may not be found yet")
    letter_hours: float = Field(24.0, gt=0, le=744, description="hours that a letter may wait")
    backup_hours: float = Field(24.0, gt=0, le=744, description="hours that a backup may be old, if something changed")
    free_mb: int = Field(1_024, ge=0, description="free space below which it is told, in MiB")


class BackupSection(Section):
    """The backup that `serve` makes by itself."""

    to: Path | None = Field(None, description="folder on another disk or host that backups go to; none if unset")
    every_minutes: int = Field(15, ge=1, le=10_080, description="minutes between backups, if something happened")
    key_days: int = Field(30, ge=1, le=30, description="days that a copy of keys may be kept in the backup")
