"""kafka-python's options from our settings, and its errors in words."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import errors as kafka_errors

from fusionbus.contract.errors import FusionError, Misconfigured, NotAllowed, RetryLater
from fusionbus.shell.settings import BrokerSettings


class BrokerDown(RetryLater):
    """Nothing listens at the broker's address."""


def client_options(settings: BrokerSettings, client_id: str) -> dict[str, Any]:
    """The options that every kafka-python client of this process shares."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap.split(","),
        "client_id": client_id,
        "security_protocol": settings.security,
        "bootstrap_timeout_ms": int(settings.connect_timeout_s * 1000),
    }
    if settings.security.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.secret(),
        }
    if settings.security.endswith("SSL"):
        files = {"ssl_cafile": settings.ca_file, "ssl_certfile": settings.cert_file, "ssl_keyfile": settings.key_file}
        options |= {name: str(path) for name, path in files.items() if path}
    return options


@contextmanager
def explained(settings: BrokerSettings) -> Iterator[None]:
    """Turns kafka-python's errors inside the block into a FusionError of one sentence."""
    try:
        yield
    except kafka_errors.KafkaError as exc:
        raise explain(exc, settings) from exc


def explain(exc: kafka_errors.KafkaError, settings: BrokerSettings) -> FusionError:
    """What the user should do about a kafka-python error."""
    where = settings.bootstrap
    if isinstance(
        exc,
        kafka_errors.TopicAuthorizationFailedError
        | kafka_errors.GroupAuthorizationFailedError
        | kafka_errors.ClusterAuthorizationFailedError,
    ):
        return NotAllowed(
            f"The broker at {where} does not let {settings.username or 'this user'} do that: ask the hub's operator."
        )
    if isinstance(exc, kafka_errors.UnknownTopicOrPartitionError) and settings.security != "PLAINTEXT":
        return NotAllowed(  # a broker that checks rights does not tell whether a topic exists that one may not see
            f"The broker at {where} does not have the topic or does not let {settings.username or 'this user'} see it: "
            "check the agency's name, or ask the hub's operator to run `fusionbus provision`."
        )
    if isinstance(exc, kafka_errors.UnknownTopicOrPartitionError):
        return Misconfigured(
            f"The broker at {where} does not have the topic: run `fusionbus provision` for this agency first."
        )
    if _refused_password(exc):
        return Misconfigured(
            f"The broker at {where} refused the user name or password: check FUSION_USERNAME and FUSION_PASSWORD."
        )
    if isinstance(exc, kafka_errors.KafkaTimeoutError | kafka_errors.KafkaConnectionError):
        return unreachable(settings)
    return RetryLater(f"The broker at {where} answered {type(exc).__name__}: try again, then ask the hub's operator.")


def _refused_password(exc: BaseException | None) -> bool:
    seen = 0
    while exc is not None and seen < 10:  # noqa: PLR2004 - chains are short; a ring would never end
        if isinstance(exc, kafka_errors.SaslAuthenticationFailedError):
            return True
        exc, seen = exc.__cause__ or exc.__context__, seen + 1
    return False


def unreachable(settings: BrokerSettings) -> RetryLater:
    """Why no answer came. Clients end the same way for a dead broker and a wrong password: look which it is."""
    host, _, port = settings.bootstrap.split(",")[0].rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
            pass
    except OSError:
        return BrokerDown(
            f"No broker answers at {settings.bootstrap}: start one with `fusionbus broker up`, or set FUSION_BOOTSTRAP."
        )
    if settings.security.startswith("SASL"):
        trust = "FUSION_CA_FILE, " if settings.security == "SASL_SSL" else ""
        return RetryLater(
            f"The broker at {settings.bootstrap} answers but does not let {settings.username} in: "
            f"check FUSION_USERNAME, FUSION_PASSWORD, {trust}and FUSION_SECURITY."
        )
    return RetryLater(
        f"The broker at {settings.bootstrap} answers, but not as {settings.security}: check FUSION_SECURITY, try again."
    )
