"""The tables of `archiver.toml`: one class a table, one line a setting, with its default and its sentence.

Rule: a default is what a small office would choose; what widens who may reach the archive is never a default.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotations

from pydantic import BaseModel, ConfigDict, Field

from ingest.channels.imap_settings import TlsMode


class Section(BaseModel):
    """A table of the settings file; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencySection(Section):
    """Who runs this archive."""

    name: str = Field("Unnamed agency", description="the agency's name, as shown on pages and receipts")


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
    max_connections: int = Field(200, ge=1, description="connections at a time, in each acceptor")
    max_per_peer: int = Field(50, ge=1, description="connections at a time from one address, in each acceptor")
    timeout: float = Field(300.0, gt=0, description="seconds after which a silent connection is closed")
    tls_certificate: Path | None = Field(None, description="PEM file; STARTTLS is offered when it is set")
    tls_key: Path | None = Field(None, description="PEM file of its key")


class ImapSection(Section):
    """One mailbox of the agency that is polled."""

    host: str
    port: int = Field(993, ge=1, le=65535)
    tls: TlsMode = Field(TlsMode.IMPLICIT, description="implicit, starttls, or none for a server on this machine")
    username: str
    password_file: Path = Field(description="file that holds the password")
    folders: tuple[str, ...] = ("INBOX",)
    mark: str | None = Field("\\Seen", description="flag set on what is archived; empty to leave it untouched")
    custodian: str | None = Field(None, description="address of the custodian whose mailbox it is")
    every: float = Field(60.0, gt=0, description="seconds between polls")


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


class BackupSection(Section):
    """The backup that `serve` makes by itself."""

    to: Path | None = Field(None, description="folder on another disk or host that backups go to; none if unset")
    every_minutes: int = Field(15, ge=1, le=10_080, description="minutes between backups, if something happened")
    key_days: int = Field(30, ge=1, le=30, description="days that a copy of keys may be kept in the backup")
