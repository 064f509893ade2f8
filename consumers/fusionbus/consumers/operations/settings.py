"""Settings of the look at operations: where, how often, and from when on something is told as bad."""

from typing import Annotated

from pydantic import Field

from fusionbus.shell.settings import RoomSettings


class OperationsSettings(RoomSettings):
    """Whom to ask, and how often."""

    metrics_urls: Annotated[str, Field(pattern=r"^(https?://[^\s,]+(,https?://[^\s,]+)*)?$")] = (
        "http://127.0.0.1:9101/metrics,http://127.0.0.1:9102/metrics,http://127.0.0.1:9103/metrics"
    )
    """`FUSION_METRICS_URLS`: the metrics of the hub's workers and of `fusionbus keep`, comma separated. Default: as
    `fusionbus up` starts them."""
    look_every_s: Annotated[float, Field(ge=0.2, le=60)] = 1.0
    """`FUSION_LOOK_EVERY_S`: how often the metrics are read; a page shows what is no older."""
    look_wait_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    """`FUSION_LOOK_WAIT_S`: a process that does not answer for so long is told as out of reach."""
    lag_every_s: Annotated[float, Field(ge=0.5, le=600)] = 2.0
    """`FUSION_LAG_EVERY_S`: how often the broker is asked who is behind: a dozen requests, forty more where somebody
    is."""
    silent_s: Annotated[float, Field(gt=0)] = 86_400.0
    """`FUSION_SILENT_S`: an agency is told as silent after so long; a day, as the alert rule AgencySilent says."""

    def urls(self) -> tuple[str, ...]:
        """The addresses, each once, in their order."""
        return tuple(dict.fromkeys(url for url in self.metrics_urls.split(",") if url))
