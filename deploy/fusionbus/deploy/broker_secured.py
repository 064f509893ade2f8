"""The secured profile of the local broker: who may connect how, and the settings that make Kafka hold to it."""

import os
from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker_files import HOST, Folder, Member, read_properties
from fusionbus.deploy.certificates import NODE
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.kafka import client_options
from fusionbus.shell.settings import BrokerSettings

ADMIN: Final = "admin"
"""The first user, made when the data is laid out; it may do everything, so it is for provisioning only."""
MECHANISM: Final = "SCRAM-SHA-512"
LISTENER: Final = "SASL_SSL"
STRANGERS: Final = ("FUSION_PASSWORD", "FUSION_CERT_FILE", "FUSION_KEY_FILE")
"""Variables of somebody else's sign-in: they would win over the files of the principals that are started here."""
AUTHORIZER: Final = "authorizer.class.name"


def secured_settings(me: Member, files: Secrets) -> dict[str, str]:
    """What Kafka's settings have besides, or otherwise, when the broker is secured.

    Clients come by TLS and SCRAM; the controller asks for a certificate of our authority (mutual TLS) and obeys only
    the broker's own: a plaintext one would need ANONYMOUS as super user.
    """
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {
        "listeners": f"{LISTENER}://{HOST}:{me.port},CONTROLLER://{HOST}:{me.controller_port}",
        "advertised.listeners": f"{LISTENER}://{HOST}:{me.port}",
        "listener.security.protocol.map": f"{LISTENER}:SASL_SSL,CONTROLLER:SSL",
        "inter.broker.listener.name": LISTENER,
        "sasl.enabled.mechanisms": MECHANISM,
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        f"listener.name.{LISTENER.lower()}.{MECHANISM.lower()}.sasl.jaas.config": (
            f'{login} required username="{NODE}" password="{files.made_password(NODE)}";'
        ),
        "listener.name.controller.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": r"RULE:^CN=([^,]+)$/$1/",
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": files.node_file.as_posix(),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": files.ca_file.as_posix(),
        AUTHORIZER: "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{NODE};User:{ADMIN}",
        # A quota is an average over so many seconds, and what was not used before may be used at once: by default 10 s
        # of it, here 2 s.
        "quota.window.num": "3",
    }


def first_users(files: Secrets) -> dict[str, str]:
    """The users that must be there before anyone can make others, and their passwords."""
    return {name: files.made_password(name) for name in (NODE, ADMIN)}


def is_secured(folder: Folder) -> bool:
    """Whether the broker of this folder was secured when it last started, or was about to."""
    try:
        return AUTHORIZER in read_properties(folder.settings.read_text(encoding="utf-8"))
    except OSError:
        return False


def check_profile(folder: Folder, *, secured: bool) -> None:
    """Raises: Misconfigured where the data was laid out for the other profile; its users are part of the data."""
    if not (folder.data / "meta.properties").exists() or is_secured(folder) == secured:
        return
    if secured:
        raise Misconfigured(
            f"The broker in {folder.root} was made without security and its data has no users: "
            "set FUSION_HOME to a new folder for a secured one."
        )
    raise Misconfigured(
        f"The broker in {folder.root} is secured: start it so, or set FUSION_HOME to another folder for an open one."
    )


def signed_in(bootstrap: str, principal: str, files: Secrets) -> BrokerSettings:
    """How this principal reaches the broker. Raises: Misconfigured where its password is not here."""
    password = files.password(principal)
    if password is None:
        raise Misconfigured(
            f"There is no password of {principal} in {files.root}: set FUSION_HOME to the folder of the broker."
        )
    return BrokerSettings(
        bootstrap=bootstrap,
        security="SASL_SSL",
        sasl_mechanism=MECHANISM,
        username=principal,
        password=SecretStr(password),
        ca_file=files.ca_file,
    )


def environment(bootstrap: str, principal: str, files: Secrets) -> dict[str, str]:
    """The environment variables of this principal's commands: where its secrets lie, never a secret."""
    signs = {"FUSION_SIGNING_KEY_FILE": str(files.signing_file(principal))}
    return {
        "FUSION_BOOTSTRAP": bootstrap,
        "FUSION_SECURITY": "SASL_SSL",
        "FUSION_SASL_MECHANISM": MECHANISM,
        "FUSION_USERNAME": principal,
        "FUSION_PASSWORD_FILE": str(files.password_file(principal)),
        "FUSION_CA_FILE": str(files.ca_file),
    } | (signs if files.signing_file(principal).exists() else {})


def as_principal(principal: str, bootstrap: str, secrets: Secrets | None) -> dict[str, str]:
    """The environment of this principal's commands, on an open broker too. Takes away what would win over it."""
    if secrets is None:
        return {"FUSION_BOOTSTRAP": bootstrap}
    for name in STRANGERS:
        os.environ.pop(name, None)
    return environment(bootstrap, principal, secrets)


def probe_options(bootstrap: str, files: Secrets | None) -> Mapping[str, Any]:
    """What a probe of the broker's own starter needs to get in; nothing for an open broker."""
    return {} if files is None else client_options(signed_in(bootstrap, ADMIN, files), "fusionbus-probe")
