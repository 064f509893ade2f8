"""Whether this worker lives and is ready: the answers to probes over HTTP, and the same as metrics."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fusionbus.shell import metrics
from fusionbus.shell.serving import Probe
from fusionbus.streams import engine
from fusionbus.streams.engine import EngineApp
from fusionbus.streams.registry_reader import RegistryReader


@dataclass(frozen=True, slots=True)
class Health:
    """What is asked of one worker; every method may be called from any thread."""

    app: EngineApp
    registry: RegistryReader
    home: Path

    def why_not_alive(self) -> str | None:
        """What is wrong with the process, in a sentence: whoever supervises it may end it."""
        return engine.ails(self.app)

    def why_not_ready(self) -> str | None:
        """What the worker still waits for before reports flow, in a sentence."""
        if not self.registry.snapshot.agencies:
            return "The registry holds no agency: run `fusionbus provision`."
        return engine.why_not_ready(self.app)

    def probes(self) -> Mapping[str, Probe]:
        """The paths that are answered beside the metrics."""
        return {"live": self.why_not_alive, "ready": self.why_not_ready}

    def look(self) -> None:
        """Sets the metrics; called every second or so."""
        metrics.READY.set(self.why_not_ready() is None)
        usage = shutil.disk_usage(self.home)
        metrics.HOME_FREE.set(usage.free / usage.total if usage.total else 1.0)
