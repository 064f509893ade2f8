"""Reply links: whom they let answer, and until when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr

from fusionbus.consumers.handlers.outward import secret
from fusionbus.consumers.reply import reply_to, reply_token
from fusionbus.contract.alert import Alert
from fusionbus.shell.settings import RoomSettings

PATH: Final = "/reply/"
"""Where `fusionbus web` answers."""


class ReplySettings(RoomSettings):
    """The key of reply links, the same where they are made and where they are read."""

    reply_key: SecretStr | None = None
    reply_key_file: Path | None = None
    """`FUSION_REPLY_KEY`, or a file with it."""
    reply_h: Annotated[float, Field(gt=0, le=168)] = 24.0
    """`FUSION_REPLY_H`: how long a link lives: two shifts. Who answers later uses the terminal or the web page."""

    @property
    def key(self) -> str:
        """The key; empty where there is none. Raises: Misconfigured where its file cannot be read."""
        return secret(self.reply_key, self.reply_key_file, "FUSION_REPLY_KEY_FILE") or ""


def links(base: str, contact: str, settings: ReplySettings) -> Callable[[Alert], str | None]:
    """Makes the link for an alert, for this contact; none for one that awaits no answer. Raises: Misconfigured."""
    key, lives = settings.key, timedelta(hours=settings.reply_h)

    def link(alert: Alert) -> str | None:
        if alert.kind.is_notice:
            return None
        token = reply_token(reply_to(alert, f"{contact}, by link", datetime.now(UTC) + lives), key)
        return f"{base.rstrip('/')}{PATH}{token}"

    return link
