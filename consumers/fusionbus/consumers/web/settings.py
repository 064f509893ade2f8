"""Settings of the web server: limits, each with a default and its reason."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from fusionbus.shell.settings import RoomSettings


class WebSettings(RoomSettings):
    """Who may reach the server, and how long a sign-in holds."""

    web_names: tuple[str, ...] = ()
    """`FUSION_WEB_NAMES`: further host names by which the server may be asked, as a JSON list; a request for another
    name is refused, so that a foreign page cannot reach it by a name of its own (DNS rebinding)."""
    web_tls: bool = False
    """`FUSION_WEB_TLS`: whether TLS stands in front. Cookies are then sent over it only."""
    web_behind_proxy: bool = False
    """`FUSION_WEB_BEHIND_PROXY`: whether a proxy on this machine tells the client's address in `X-Forwarded-For`.
    Without one anybody could write any address there, and get round the slow-down of sign-in."""
    web_map: Path | None = None
    """`FUSION_WEB_MAP`: a file of GeoJSON that the picture draws instead of its own schematic, which takes no side on
    boundaries that are in dispute (docs/picture.md)."""
    oversight_url: str | None = None
    """`FUSION_OVERSIGHT_URL`: the database that `fusionbus oversight keep` fills; without it the auditor's page is
    empty."""
    web_session_idle_s: Annotated[int, Field(ge=60, le=86_400)] = 1_800
    """`FUSION_WEB_SESSION_IDLE_S`: a session without a request or click for so long ends. Source: OWASP Session
    Management Cheat Sheet, 15 to 30 minutes. Sessions that may read no bodies (operators) do not end so: the screen
    of a duty room."""
    web_session_s_max: Annotated[int, Field(ge=300, le=172_800)] = 43_200
    """`FUSION_WEB_SESSION_S_MAX`: every session ends after so long: one shift of twelve hours."""
    web_request_bytes_max: Annotated[int, Field(ge=1_024, le=10_000_000)] = 65_536
    """`FUSION_WEB_REQUEST_BYTES_MAX`: no request needs more; the longest is an acknowledgement's note of 20,000
    characters, of at most 3 bytes each."""
    web_scrypt_log2_n: Annotated[int, Field(ge=4, le=20)] = 15
    """`FUSION_WEB_SCRYPT_LOG2_N`: the cost of a password's hash: 2^15 with r=8, p=3 takes 32 MiB and 0.25 s or so.
    Source: OWASP Password Storage Cheat Sheet, which counts this as strong as 2^17, r=8, p=1 with 128 MiB."""
