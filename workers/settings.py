"""Every setting of Darkroom, in one class: a flag goes before the environment, and that before the default."""

import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import Any, Literal, NoReturn, Self

import psutil
from platformdirs import user_data_path
from pydantic import AliasChoices, ByteSize, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError


class UsageError(Exception):
    """What the user asked for cannot be done; the message is the sentence to show."""


def default_memory() -> ByteSize:
    """A quarter of this machine's memory, at most 4 GiB: room for results beside the workers' models."""
    return ByteSize(min(psutil.virtual_memory().total // 4, 4 * 2**30))


class Settings(BaseSettings):
    """Darkroom opens up trained image classifiers. It serves a page and runs its own engine; with REDIS_URL set
    it uses that server, and nothing is embedded."""

    model_config = SettingsConfigDict(
        env_prefix="DARKROOM_",
        cli_prog_name="app.py",
        cli_kebab_case=True,
        cli_implicit_flags="toggle",
        cli_hide_none_type=True,
        env_ignore_empty=True,
        populate_by_name=True,
        validate_default=True,
    )

    host: str = Field("127.0.0.1", description="address the page is served on")
    port: int = Field(8050, ge=1, le=65535, description="port the page is served on")
    data_dir: Path = Field(user_data_path("darkroom"), description="folder that holds results, logs and image sets")
    workers: int = Field(
        2,
        ge=1,
        le=64,
        description="worker processes for jobs, beside one for live calls; with two or more, one is "
        "kept for short jobs",
    )
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="where models run: auto, cpu, mps, cuda or cuda:N"
    )
    memory: ByteSize = Field(
        default_factory=default_memory, ge=8 * 2**20, description="bytes that results may take, such as 2GiB"
    )
    models: tuple[Path, ...] = Field(
        (), description="Python files with architectures of your own, as JSON list; workers run them"
    )
    worker: bool = Field(True, description="start workers; with --no-worker only the server and the page")
    study: Path | None = Field(None, description="the file of a study to begin with, see workers/study_file.py")
    show_config: bool = Field(False, description="print every setting and stop")
    password: SecretStr | None = Field(None, description="asked for by the page; needed with --host beyond loopback")
    redis_url: SecretStr | None = Field(
        None, validation_alias=AliasChoices("redis_url", "REDIS_URL"), description="a Redis or Valkey server to use"
    )
    server: Path | None = Field(None, description="redis-server or valkey-server to embed, in place of the bundled one")
    allowed_hosts: tuple[str, ...] = Field((), description="further Host names the page answers to, as JSON list")
    lease_seconds: float = Field(15.0, gt=0, description="how long a job stays a silent worker's")
    max_attempts: int = Field(3, ge=1, description="a job fails when its workers died this many times")
    cancel_grace: float = Field(10.0, ge=0, description="seconds after which a deaf worker is replaced after a cancel")
    task_modules: tuple[str, ...] = Field(
        ("workers.tasks",), description="modules a worker imports for its job kinds, as JSON list"
    )
    log_to: Literal["files", "stderr"] = Field("files", description="files in the data folder, or stderr")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("data_dir")
    @classmethod
    def absolute(cls, folder: Path) -> Path:
        """Children run in another working folder."""
        return folder.expanduser().absolute()

    @field_validator("models")
    @classmethod
    def all_absolute(cls, files: tuple[Path, ...]) -> tuple[Path, ...]:
        """As above."""
        return tuple(file.expanduser().absolute() for file in files)

    @model_validator(mode="after")
    def open_only_with_password(self) -> Self:
        if not is_loopback(self.host) and not self.password:
            raise ValueError(
                f"--host {self.host} would open the page to other machines; set a password too "
                "(DARKROOM_PASSWORD=... or --password), or leave --host at 127.0.0.1."
            )
        return self

    @property
    def log_folder(self) -> Path | None:
        """Where logs go; None for standard error."""
        return self.data_dir.expanduser().absolute() / "logs" if self.log_to == "files" else None

    @property
    def threads(self) -> int:
        """torch threads a worker may use, so that those for jobs do not exceed the cores together."""
        return max(1, cores() // self.workers)

    def shown(self) -> str:
        """Every setting, a line each; secrets are masked."""
        return "\n".join(
            f"{name} = {value}" for name, value in self.model_dump(mode="json").items() if name != "show_config"
        )

    def environment(self) -> dict[str, str]:
        """These settings as the environment of a child process."""
        variables = {}
        for name, value in self.model_dump(mode="json", exclude={"show_config"}).items():
            if value is None:
                continue
            secret = getattr(self, name)
            if isinstance(secret, SecretStr):
                value = secret.get_secret_value()
            variable = "REDIS_URL" if name == "redis_url" else f"DARKROOM_{name.upper()}"
            variables[variable] = json.dumps(value) if isinstance(value, list) else str(value)
        return variables


def cores() -> int:
    """How many cores this process may use; a container may be given fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def is_loopback(host: str) -> bool:
    """Whether a service on `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(arguments: list[str] | None = None) -> Settings:
    """The settings from the command line (when given) and the environment.

    Raises
    ------
    UsageError
        Names the setting, what was wrong, and what would be right.
    """
    try:
        given: dict[str, Any] = {} if arguments is None else {"_cli_parse_args": arguments}
        return Settings(**given)
    except ValidationError as error:
        raise UsageError(" ".join(sentence(fault) for fault in error.errors())) from None
    except SettingsError as error:  # of a list that is not JSON
        raise UsageError(f'{error}; a list is given as JSON, such as \'["first", "second"]\'.') from None


def sentence(fault) -> str:
    """One sentence for one fault that pydantic found."""
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not fault["loc"]:
        return message
    name = str(fault["loc"][0]).lower().replace("_", "-")
    return f"--{name} cannot be {fault['input']!r}: {message[0].lower()}{message[1:]}."


def complain(sentence: object) -> None:
    """Says on the terminal what went wrong."""
    print(f"darkroom: {sentence}", file=sys.stderr, flush=True)


def stop_with(error: UsageError, code: int = 2) -> NoReturn:
    """End the program with one sentence and an exit code."""
    complain(error)
    raise SystemExit(code)
