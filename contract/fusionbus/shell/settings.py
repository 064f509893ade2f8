"""Settings that every room shares: where the broker is and how to sign in. Read once, passed down."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fusionbus.contract.errors import Misconfigured

S = TypeVar("S", bound=BaseSettings)


def default_home() -> Path:
    """Where this user's fusionbus keeps its state: `$XDG_DATA_HOME/fusionbus`."""
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "fusionbus"


class RoomSettings(BaseSettings):
    """A frozen model filled from `FUSION_…`; each secret may also come from the file named by `…_FILE`."""

    model_config = SettingsConfigDict(env_prefix="FUSION_", frozen=True, extra="forbid", validate_default=True)


class BrokerSettings(RoomSettings):
    """How to reach the broker."""

    bootstrap: Annotated[str, Field(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$")] = "127.0.0.1:19092"
    """`FUSION_BOOTSTRAP`: host:port of one or more brokers, comma separated. Default: the local broker's loopback."""
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """`FUSION_SECURITY`: the listener's protocol."""
    sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    connect_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """How long a first contact may take. kafka-python's own 30 s is too long for someone at a terminal."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security.startswith("SASL") and not (self.username and (self.password or self.password_file)):
            raise ValueError(
                "FUSION_SECURITY asks for SASL: set FUSION_USERNAME and FUSION_PASSWORD (or FUSION_PASSWORD_FILE)"
            )
        return self

    def secret(self) -> str | None:
        """The password, from the setting or its file. Raises: Misconfigured where the file cannot be read."""
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is None:
            return None
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise Misconfigured(
                f"FUSION_PASSWORD_FILE names {self.password_file}, which cannot be read ({exc.strerror}).",
            ) from exc


def load(model: type[S], **given: Any) -> S:
    """The settings of this model from the environment; `given` values that are not None win.

    Raises: Misconfigured, one sentence that names each wrong variable.
    """
    try:
        return model(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as exc:
        faults = []
        for fault in exc.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in fault["loc"])
            said = fault["msg"].removeprefix("Value error, ")
            faults.append(f"FUSION_{name.upper()}: {said}" if name else said)
        raise Misconfigured("; ".join(faults) + ".") from exc
