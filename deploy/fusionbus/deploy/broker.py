"""A real Kafka on this machine: one broker, or a cluster of several, for tests, the demo and development."""

import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy import broker_process, broker_ready, broker_secured, certificates
from fusionbus.deploy.broker_files import (
    HOST,
    Folder,
    Member,
    needs_format,
    prepare,
    write_settings,
    write_stamp,
)
from fusionbus.deploy.broker_jars import class_path
from fusionbus.deploy.broker_ports import free_port, port_is_free
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.settings import load

START_S_MAX = 90.0  # 1.6 s on a quiet machine, 5 s after a kill; a busy one gets the rest
STOP_S_MAX = 40.0  # 0.3-2 s measured
START_TRIES = 3  # a free port may be gone before Kafka takes it


class LocalBroker:
    """One Kafka node as a child of this process; records stay in its folder between starts.

    Args:
        folder: where settings, log and records lie.
        port: the loopback port; 0 picks a free one, which is then kept for every restart.
        settings: where the jars come from and are kept; read from the environment by default.
        dies_with_parent: whether the kernel ends the broker when the thread that started it is gone (Linux).
        quick_start: ready sooner, and slower once warm: right for a test or a demo, wrong for a service.
        secrets: with it the broker is secured (TLS, passwords, rights); its passwords and certificates lie there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        settings: LocalBrokerSettings | None = None,
        dies_with_parent: bool = True,
        quick_start: bool = True,
        secrets: Secrets | None = None,
    ) -> None:
        self._fixed_port = port
        self._settings = settings or load(LocalBrokerSettings)
        self._dies_with_parent = dies_with_parent
        self._quick_start = quick_start
        self._secrets = secrets
        self.folder = Folder(folder.absolute())
        self._me = Member(node_id=1, port=port, controller_port=0)
        self._members: tuple[Member, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_from = 0

    @classmethod
    def _as_member(
        cls, folder: Path, me: Member, members: tuple[Member, ...], settings: LocalBrokerSettings | None
    ) -> Self:
        node = cls(folder, port=me.port, settings=settings)
        node._me, node._members = me, members
        return node

    @property
    def bootstrap(self) -> str:
        """The address to give to clients."""
        return f"{HOST}:{self.port}"

    @property
    def port(self) -> int:
        """The port; 0 before the first start if a free one was asked for."""
        return self._me.port

    @property
    def controller_port(self) -> int:
        """The port of the KRaft controller."""
        return self._me.controller_port

    @property
    def pid(self) -> int | None:
        """The process, or None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> Self:
        """This broker, ready: an acks=all write came back.

        Raises:
            Misconfigured: the port is taken, the folder cannot be used, or Kafka refuses to start.
            RetryLater: it was not ready in time, or the jars could not be fetched.
        """
        if self.pid is not None:
            return self
        for attempt in range(1, START_TRIES + 1):
            self.launch()
            try:
                self.wait_until_ready()
            except (Misconfigured, RetryLater) as error:
                self.kill()
                if self._fixed_port or self._members or attempt == START_TRIES or "port was taken" not in str(error):
                    raise
                self._me = Member(node_id=1, port=0, controller_port=0)
            else:
                break
        return self

    def launch(self) -> None:
        """Starts the process and does not wait for it."""
        jars = self.make_ready_to_run()
        self._log_from = broker_process.log_end(self.folder)
        self._process = broker_process.spawn(
            self.folder, jars, dies_with_parent=self._dies_with_parent, quick_start=self._quick_start
        )

    def make_ready_to_run(self) -> tuple[Path, ...]:
        """The class path, once folder, ports, settings and data layout are in order."""
        jars = class_path(self._settings)
        prepare(self.folder)
        broker_secured.check_profile(self.folder, secured=self._secrets is not None)
        self._choose_ports()
        users = None
        if self._secrets is not None:
            certificates.ensure(self._secrets)
            users = broker_secured.first_users(self._secrets)
        self._write_settings()
        if needs_format(self.folder, self._me.node_id):
            broker_process.lay_out(self.folder, jars, users)
        write_stamp(self.folder)
        return jars

    def wait_until_ready(self, time_s_max: float = START_S_MAX) -> None:
        """Returns when an acks=all write came back from this node.

        Raises:
            Misconfigured, RetryLater: it ended, or was not ready in time.
        """
        options = broker_secured.probe_options(self.bootstrap, self._secrets)
        ready = broker_ready.wait_until_ready(self.bootstrap, time_s_max, lambda: self.pid is None, options)
        if self.pid is None:
            code = self._process.returncode if self._process is not None else None
            raise broker_process.why_it_ended(self.folder, code, self._log_from)
        if not ready:
            raise RetryLater(
                f"The broker on {self.bootstrap} was not ready after {time_s_max:.0f} s: look at {self.folder.log}."
            )

    def stop(self, time_s_max: float = STOP_S_MAX) -> None:
        """Ends the broker in order.

        Raises:
            RetryLater: it ended with an unexpected code, or had to be killed.
        """
        process = self._process
        if process is None or process.poll() is not None:
            self._process = None
            return
        process.terminate()
        try:
            code = process.wait(time_s_max)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RetryLater(
                f"The broker on {self.bootstrap} did not stop within {time_s_max:.0f} s and was killed: "
                "nothing acknowledged is lost, the next start checks the data."
            ) from None
        self._process = None
        if code not in broker_process.ENDED_WELL:
            raise RetryLater(f"The broker on {self.bootstrap} ended with code {code}: look at {self.folder.log}.")

    def let_go(self) -> None:
        """Leaves the broker running on its own; this object knows it no more."""
        if self._process is not None:
            self._process.returncode = 0  # or Popen warns that it was never waited for
            self._process = None

    def kill(self) -> None:
        """Ends the broker at once, as a crash would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freezes the broker, as a stalled machine would (SIGSTOP)."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a frozen broker go on."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGCONT)

    def restart(self) -> Self:
        """This broker, stopped if it ran, and ready again on the same port with the same records."""
        self.stop()
        return self.start()

    def _write_settings(self) -> None:
        secured = None if self._secrets is None else broker_secured.secured_settings(self._me, self._secrets)
        write_settings(self.folder, self._me, self._members or (self._me,), secured)

    def _choose_ports(self) -> None:
        port = self._me.port or free_port()
        if not port_is_free(port):
            raise Misconfigured(
                f"Port {port} on {HOST} is taken by another program: end it, or choose another port with --port "
                "(FUSION_BROKER_PORT)."
            )
        controller = self._me.controller_port
        if not self._members and (not controller or not port_is_free(controller)):
            controller = port + 1 if port_is_free(port + 1) else free_port(taken=(port,))
        self._me = Member(self._me.node_id, port, controller)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class LocalCluster:
    """Several Kafka nodes as children of this process: with three, every record has three copies, two of them sure.

    Args:
        folder: holds one folder a node.
        n: how many nodes; each is broker and controller.
        settings: where the jars come from and are kept; read from the environment by default.
    """

    def __init__(self, folder: Path, *, n: int = 3, settings: LocalBrokerSettings | None = None) -> None:
        ports: list[int] = []
        for _ in range(2 * n):
            ports.append(free_port(taken=ports))
        members = tuple(Member(k + 1, ports[2 * k], ports[2 * k + 1]) for k in range(n))
        self.nodes = tuple(
            LocalBroker._as_member(folder / f"node-{me.node_id}", me, members, settings)  # noqa: SLF001 - same file
            for me in members
        )

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes, comma between."""
        return ",".join(node.bootstrap for node in self.nodes)

    def start(self) -> Self:
        """This cluster, with every node taking acks=all writes."""
        try:
            for node in self.nodes:  # no node is ready before the second one votes
                if node.pid is None:
                    node.launch()
            for node in self.nodes:
                node.wait_until_ready()
        except (Misconfigured, RetryLater):
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Ends every node in order, one after the other."""
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        """Ends every node at once."""
        for node in self.nodes:
            node.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Once two of three are down the last has no quorum and cannot leave in order.
        self.kill()
