"""Settings: `archiver.toml` in the archive's folder, overridden by the environment; secrets only from files.

Rule: a setting has one name, one default and one sentence; an unknown name is refused, since a misspelt
setting that is silently ignored is how archives lose mail.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from archiver.settings_sections import (
    AgencySection,
    AlertsSection,
    AnchorsSection,
    AnswersSection,
    BackupSection,
    ClockSection,
    DisclosureSection,
    DnsSection,
    DraftsSection,
    FixitySection,
    FolderSection,
    ImapSection,
    LmtpSection,
    MailSection,
    PicturesSection,
    RetentionSection,
    SandboxSection,
    SearchSection,
    SmtpSection,
    UploadsSection,
    WatchSection,
    WebSection,
)
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "archiver.toml"
_TOLD = {
    "extra_forbidden": "there is no such setting here; archiver.toml of a new archive lists them all",
    "missing": "it must be set",
}


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
    lmtp: LmtpSection = LmtpSection()  # type: ignore[call-arg]
    folders: dict[str, FolderSection] = {}
    imap: dict[str, ImapSection] = {}
    web: WebSection = WebSection()  # type: ignore[call-arg]
    sandbox: SandboxSection = SandboxSection()  # type: ignore[call-arg]
    pictures: PicturesSection = PicturesSection()  # type: ignore[call-arg]
    dns: DnsSection = DnsSection()  # type: ignore[call-arg]
    drafts: DraftsSection = DraftsSection()  # type: ignore[call-arg]
    uploads: UploadsSection = UploadsSection()  # type: ignore[call-arg]
    clock: ClockSection = ClockSection()  # type: ignore[call-arg]
    fixity: FixitySection = FixitySection()  # type: ignore[call-arg]
    anchors: AnchorsSection = AnchorsSection()  # type: ignore[call-arg]
    mail: MailSection = MailSection()  # type: ignore[call-arg]
    answers: AnswersSection = AnswersSection()  # type: ignore[call-arg]
    watch: WatchSection = WatchSection()  # type: ignore[call-arg]
    backup: BackupSection = BackupSection()  # type: ignore[call-arg]
    retention: RetentionSection = RetentionSection()  # type: ignore[call-arg]
    search: SearchSection = SearchSection()  # type: ignore[call-arg]
    alerts: AlertsSection = AlertsSection()  # type: ignore[call-arg]
    disclosure: DisclosureSection = DisclosureSection()  # type: ignore[call-arg]


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
        raise InvalidInput(f"{path}: {place}: {_TOLD.get(first['type'], first['msg'])}") from error


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
        ("lmtp", LmtpSection),
        ("web", WebSection),
        ("sandbox", SandboxSection),
        ("pictures", PicturesSection),
        ("dns", DnsSection),
        ("drafts", DraftsSection),
        ("uploads", UploadsSection),
        ("clock", ClockSection),
        ("fixity", FixitySection),
        ("anchors", AnchorsSection),
        ("mail", MailSection),
        ("answers", AnswersSection),
        ("watch", WatchSection),
        ("backup", BackupSection),
        ("retention", RetentionSection),
        ("search", SearchSection),
        ("alerts", AlertsSection),
        ("disclosure", DisclosureSection),
    ):
        lines.append(f"[{name}]")
        for key, field in section.model_fields.items():
            about = f"  # {field.description}" if field.description else ""
            value = agency if (name, key) == ("agency", "name") else field.get_default()
            prefix = "" if (name, key) == ("agency", "name") else "# "
            lines.append(f"{prefix}{key} = {_toml(value)}{about}")
        lines.append("")
    lines.append("# [folders.NAME] watches a folder for files: path, custodian, settle, every, delete")
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
