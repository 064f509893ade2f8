"""Settings of the operators' tools: limits, each with a default and its reason."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from fusionbus.deploy.provision_kafka import ProvisionSettings
from fusionbus.shell.settings import default_home


class OperatorSettings(ProvisionSettings):
    """How to reach the broker, how long a look may take, and where this machine keeps its state."""

    home: Path = Field(default_factory=default_home)
    """`FUSION_HOME`: the doctor looks at its disk and at the state below it."""
    scan_s_max: Annotated[float, Field(gt=0, le=3_600)] = 60.0
    """`FUSION_SCAN_S_MAX`: how long a command may search a topic; about half a million records (8,000 to 10,000/s)."""
    receipt_wait_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    """`FUSION_RECEIPT_WAIT_S`: how long a command waits for the hub's receipt; the hub answers in well under a second,
    after a restart in a few."""
