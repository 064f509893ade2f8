"""Settings of the hub's worker."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from fusionbus.shell.settings import BrokerSettings, default_home
from fusionbus.streams.deadlines import DEFAULT, Deadlines
from fusionbus.streams.poison import REFUSED_RUN_MAX

Minutes = Annotated[float, Field(gt=0, le=10_080)]


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


class WorkerSettings(BrokerSettings):
    """One worker: where it keeps its state, and what it may take."""

    home: Path = Field(default_factory=default_home)
    """`FUSION_HOME`: state lies in `worker-<id>` below it; two workers never share one."""
    worker_id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "1"
    metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """`FUSION_METRICS_PORT`: where Prometheus and probes (/live, /ready) ask; none by default."""
    metrics_host: str = "127.0.0.1"
    """`FUSION_METRICS_HOST`: an address beyond the loopback only where others must reach in, as in a pod."""
    store: Literal["rocksdb://", "memory://"] = "rocksdb://"
    seal_key_file: Path | None = None
    """`FUSION_SEAL_KEY_FILE`: the Ed25519 key (PEM) that signs the audit's seals, one for all workers.

    Without it a key is made in `secrets` below `FUSION_HOME`, its public half beside it.
    """
    replication: Annotated[int, Field(ge=1, le=9)] = 1
    refused_run_max: Annotated[int, Field(ge=0)] = REFUSED_RUN_MAX
    """`FUSION_REFUSED_RUN_MAX`: once so many reports in a row of each of most agencies are refused the worker stops,
    for then the fault is likely the hub's own; 0: it never does."""
    sweep_rest_s: Annotated[float, Field(gt=0, le=86_400)] = 3_600.0
    """`FUSION_SWEEP_REST_S`: between two looks at what is past its retention or due for review; dates go by days."""
    session_s: Annotated[float, Field(ge=6, le=120)] = 10.0
    """How long a silent worker keeps its partitions. Measured: with 10 s another takes over in 11 s."""
    tick_s: Annotated[float, Field(ge=1, le=300)] = 10.0
    """`FUSION_TICK_S`: how often a worker looks whether a deadline has passed. It is also how long answers that waited
    for the hub have to come through after a restart before anything counts as late."""
    look_s: Annotated[float, Field(ge=1, le=300)] = 5.0
    """`FUSION_LOOK_S`: how often a worker looks for patterns, where something has changed."""
    acknowledge_extreme_min: Minutes = _minutes(DEFAULT.extreme)
    """`FUSION_ACKNOWLEDGE_EXTREME_MIN`: minutes to acknowledge an alert of severity Extreme. All workers alike."""
    acknowledge_severe_min: Minutes = _minutes(DEFAULT.severe)
    acknowledge_other_min: Minutes = _minutes(DEFAULT.other)
    acknowledge_recall_min: Minutes = _minutes(DEFAULT.recall)
    """`FUSION_ACKNOWLEDGE_RECALL_MIN`: a recall never has longer than this."""
    sharing_answer_min: Minutes = _minutes(DEFAULT.sharing)
    """`FUSION_SHARING_ANSWER_MIN`: how long an originator may take to answer a question about sharing."""

    def deadlines(self) -> Deadlines:
        """The time to answer, as these settings have it."""
        return Deadlines(
            extreme=timedelta(minutes=self.acknowledge_extreme_min),
            severe=timedelta(minutes=self.acknowledge_severe_min),
            other=timedelta(minutes=self.acknowledge_other_min),
            recall=timedelta(minutes=self.acknowledge_recall_min),
            sharing=timedelta(minutes=self.sharing_answer_min),
        )
