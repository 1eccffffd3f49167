"""Settings: `archiver.toml` in the archive's folder, overridden by the environment; secrets only from files.

Rule: a setting has one name, one default and one sentence; an unknown name is refused, since a misspelt
setting that is silently ignored is how archives lose mail.
"""

from __future__ import annotations

import tomllib
from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ingest.channels.imap_settings import TlsMode
from storage.errors import InvalidInput

FILE_NAME = "archiver.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencySection(_Section):
    """Who runs this archive."""

    name: str = Field("Unnamed agency", description="the agency's name, as shown on pages and receipts")


class SmtpSection(_Section):
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


class ImapSection(_Section):
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


class WebSection(_Section):
    """The page and the API."""

    enabled: bool = True
    listen: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 lets the system choose")
    session_hours: float = Field(8.0, gt=0, le=24, description="hours after which one signs in again")
    secure_cookies: bool = Field(default=False, description="set behind a TLS proxy")


class SandboxSection(_Section):
    """Limits of the readers."""

    memory_mb: int = Field(512, ge=64, description="resident memory of a reader, in MiB")
    seconds: float = Field(60.0, gt=0, description="time for one submission")
    largest_mb: int = Field(64, ge=1, le=1024, description="larger submissions are kept without being read, in MiB")
    allow_unconfined: bool = Field(default=False, description="read even where the kernel refuses seccomp")


class ClockSection(_Section):
    """Daily work."""

    evaluate_at: str = Field("02:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="local time of evaluation")


class FixitySection(_Section):
    """The scheduled check of everything."""

    days: float = Field(30.0, ge=0, le=3_650, description="days within which every byte is checked; 0 for never")


class AnchorsSection(_Section):
    """Where the ledger's signed checkpoints are kept outside of this archive."""

    files: tuple[Path, ...] = Field((), description="files, on another disk, that checkpoints are appended to")
    folders: tuple[Path, ...] = Field((), description="folders, of another host, that get one file a checkpoint")
    mail: tuple[str, ...] = Field((), description="addresses that get a letter; needs [mail]")
    every_minutes: int = Field(60, ge=1, le=44_640, description="minutes between checkpoints, if something happened")


class MailSection(_Section):
    """The mail server that takes letters of the archive."""

    enabled: bool = Field(default=False, description="whether letters are sent")
    host: str = Field("127.0.0.1", description="mail server that relays for this archive")
    port: int = Field(25, ge=1, le=65535, description="its port")
    tls: TlsMode = Field(TlsMode.NONE, description="implicit, starttls, or none for a server on this machine")
    username: str = Field("", description="user name, if the server asks for one")
    password_file: Path | None = Field(None, description="file that holds the password")
    sender: str = Field("archive@archive.localdomain", description="address that letters come from")
    timeout: float = Field(30.0, gt=0, le=600, description="seconds to wait for the server")


class BackupSection(_Section):
    """The backup that `serve` makes by itself."""

    to: Path | None = Field(None, description="folder on another disk or host that backups go to; none if unset")
    every_minutes: int = Field(15, ge=1, le=10_080, description="minutes between backups, if something happened")
    key_days: int = Field(30, ge=1, le=30, description="days that a copy of keys may be kept in the backup")


class _TomlFile(PydanticBaseSettingsSource):
    """The settings that stand in a file."""

    def __init__(self, settings: type[BaseSettings], members: dict[str, Any]) -> None:
        super().__init__(settings)
        self._members = members

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Not used: all at once."""
        del field
        return self._members.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Everything in the file."""
        return self._members


class Settings(BaseSettings):
    """All settings of one archive. The environment names them like ``ARCHIVER_SET_SMTP__PORT``."""

    model_config = SettingsConfigDict(
        env_prefix="ARCHIVER_SET_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    agency: AgencySection = AgencySection()  # type: ignore[call-arg]  # defaults stand in Field
    smtp: SmtpSection = SmtpSection()  # type: ignore[call-arg]
    imap: dict[str, ImapSection] = {}
    web: WebSection = WebSection()  # type: ignore[call-arg]
    sandbox: SandboxSection = SandboxSection()  # type: ignore[call-arg]
    clock: ClockSection = ClockSection()  # type: ignore[call-arg]
    fixity: FixitySection = FixitySection()  # type: ignore[call-arg]
    anchors: AnchorsSection = AnchorsSection()  # type: ignore[call-arg]
    mail: MailSection = MailSection()  # type: ignore[call-arg]
    backup: BackupSection = BackupSection()  # type: ignore[call-arg]


def load_settings(folder: Path) -> Settings:
    """Read the settings of an archive.

    Raises:
        InvalidInput: the file cannot be read, or a setting is unknown or impossible; says which.
    """
    path = folder / FILE_NAME
    members: dict[str, Any] = {}
    if path.exists():
        try:
            members = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            twice = "; a heading such as [smtp] may stand once: add to the one there" if "twice" in str(error) else ""
            raise InvalidInput(f"{path} cannot be read: {error}{twice}") from error

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del init_settings, dotenv_settings, file_secret_settings
            return env_settings, _TomlFile(settings_cls, members)

    try:
        return FromFile()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{path}: {place}: {first['msg']}") from error


def template(*, agency: str, zone: str) -> str:
    """The commented `archiver.toml` that `init` writes."""
    lines = [
        "# Settings of this archive. Every line is a default; change what you need, then: archiver doctor",
        f"# The archive's time zone is {zone}; it was fixed when the archive was made.",
        "",
    ]
    for name, section in (
        ("agency", AgencySection),
        ("smtp", SmtpSection),
        ("web", WebSection),
        ("sandbox", SandboxSection),
        ("clock", ClockSection),
        ("fixity", FixitySection),
        ("anchors", AnchorsSection),
        ("mail", MailSection),
        ("backup", BackupSection),
    ):
        lines.append(f"[{name}]")
        for key, field in section.model_fields.items():
            about = f"  # {field.description}" if field.description else ""
            value = agency if (name, key) == ("agency", "name") else field.get_default()
            prefix = "" if (name, key) == ("agency", "name") else "# "
            lines.append(f"{prefix}{key} = {_toml(value)}{about}")
        lines.append("")
    lines += ["# [imap.NAME] takes a mailbox of the agency: host, username, password_file, folders, custodian", ""]
    return "\n".join(lines)


def _toml(value: object) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
