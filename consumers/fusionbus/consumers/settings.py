"""Settings of the consumers room: limits, each with a default and its reason."""

from typing import Annotated

from pydantic import Field

from fusionbus.shell.settings import RoomSettings


class ConsumerSettings(RoomSettings):
    """How a receiver reads, retries and gives up."""

    receiver_poll_records_max: Annotated[int, Field(ge=1, le=500)] = 50
    """`FUSION_RECEIVER_POLL_RECORDS_MAX`: alerts in one batch. It is what a crash makes the hub send again, and what
    waits for one commit; 50 alerts are more than a busy agency gets in a second."""
    receiver_fetch_wait_ms: Annotated[int, Field(ge=1, le=5_000)] = 100
    """`FUSION_RECEIVER_FETCH_WAIT_MS`: how long the broker may hold an empty fetch; an alert ends it. kafka-python
    keeps one fetch a broker in flight, so a partition that is not in it waits this long at worst. Measured: 20, 100 and
    500 ms differ less than the noise in latency (p50 5 ms at 20 alerts/s), but cost 5.5, 2 and 0.7 % of a core idle."""
    receiver_idle_ms: Annotated[int, Field(ge=10, le=5_000)] = 200
    """`FUSION_RECEIVER_IDLE_MS`: how long one poll waits when nothing comes; a stop signal waits at most this long."""
    receiver_batch_s_max: Annotated[float, Field(gt=0, le=240)] = 60.0
    """`FUSION_RECEIVER_BATCH_S_MAX`: a batch that takes longer (a failing handler) is cut, committed and read on from
    there: far below Kafka's 300 s after which the group takes the partitions away."""
    receiver_session_s: Annotated[float, Field(ge=6, le=300)] = 10.0
    """`FUSION_RECEIVER_SESSION_S`: after a crash the group keeps the dead member's partitions for so long, and no alert
    is read. Kafka's default is 45 s; heartbeats go every 3 s on their own thread, so 10 s survive three lost ones."""
    receiver_quiet_s_max: Annotated[float, Field(ge=1, le=3_600)] = 30.0
    """`FUSION_RECEIVER_QUIET_S_MAX`: after so long without an alert the broker is asked whether alerts wait; if so the
    receiver connects anew. A join of the group takes up to 20 s."""
    handler_tries_max: Annotated[int, Field(ge=1, le=20)] = 6
    """`FUSION_HANDLER_TRIES_MAX`: tries of one handler at one alert before the alert becomes a dead letter."""
    handler_retry_delay_s: Annotated[float, Field(ge=0, le=60)] = 0.2
    """`FUSION_HANDLER_RETRY_DELAY_S`: pause after the first failure; it doubles each time."""
    handler_retry_delay_s_max: Annotated[float, Field(ge=0, le=60)] = 5.0
    """`FUSION_HANDLER_RETRY_DELAY_S_MAX`: no pause is longer. With six tries an alert is given up after 6 s at most."""
    handler_failures_in_a_row_max: Annotated[int, Field(ge=1)] = 50
    """`FUSION_HANDLER_FAILURES_IN_A_ROW_MAX`: so many alerts in a row given up by handlers mean that the target is out,
    not that the alerts are bad: the receiver stops with a sentence, and what follows stays on the broker."""
    acknowledge_wait_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """`FUSION_ACKNOWLEDGE_WAIT_S`: how long one round waits for the broker to take acknowledgements."""
    acknowledge_s_max: Annotated[float, Field(gt=0)] = 600.0
    """`FUSION_ACKNOWLEDGE_S_MAX`: acknowledgements refused for so long stop the receiver, with nothing lost: what
    was not acknowledged was not committed either."""
    scan_s_max: Annotated[float, Field(gt=0, le=600)] = 60.0
    """`FUSION_SCAN_S_MAX`: how long a command may search a topic; a week of an agency's alerts takes ten or so."""
    receipt_wait_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    """`FUSION_RECEIPT_WAIT_S`: how long a command waits for the hub's receipt; the hub answers in well under a second,
    after a restart in a few."""
