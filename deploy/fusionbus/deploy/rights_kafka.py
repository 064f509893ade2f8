"""Users and rights on a real broker, by kafka-python's admin client."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from kafka import errors as kafka_errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.broker_secured import ADMIN, MECHANISM
from fusionbus.deploy.certificates import NODE
from fusionbus.deploy.kafka_admin import KafkaAdmin
from fusionbus.deploy.rights import Acl, Resource, RightsPlan, RightsThere, plan_rights
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings

CLIENT_ID: Final = "fusion-rights"
PORTION: Final = 100
"""Rights in one request: far below the broker's request limit, and few round trips."""
PRINCIPAL_TYPE: Final = "User:"
RESOURCES: Final[dict[Any, Resource]] = {
    ResourceType.TOPIC: "topic",
    ResourceType.GROUP: "group",
    ResourceType.CLUSTER: "cluster",
}
TYPES: Final = {name: kind for kind, name in RESOURCES.items()}


class KafkaRights(KafkaAdmin):
    """The users and rights of a broker; its user needs ALTER on the cluster. Raises: FusionError, one sentence."""

    def __init__(self, settings: BrokerSettings) -> None:
        super().__init__(settings, CLIENT_ID)

    def present(self) -> RightsThere:
        """What the broker has. Raises: Misconfigured where it checks no rights at all."""
        everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        anyone = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, everything)
        try:
            with explained(self._settings):
                acls, _ = self._describe(anyone)  # first: to the other question who may not ask gets no answer at all
                users = self._admin.describe_user_scram_credentials()
        except _NoAuthorizer as exc:
            raise Misconfigured(
                f"The broker at {self._settings.bootstrap} checks no rights (it has no authorizer): set one up, or run "
                "`fusionbus provision --no-rights`."
            ) from exc
        signed = (name for name, user in users.items() if _has_password(user))
        known = {acl: _read(acl) for acl in acls}
        return RightsThere(
            frozenset(signed),
            frozenset(read for read in known.values() if read is not None),
            tuple(sorted(_in_words(acl) for acl, read in known.items() if read is None)),
        )

    def carry_out(self, todo: RightsPlan, secrets: Secrets) -> None:
        """Does what the plan says: ended ones first, then passwords (each on the disk before the broker has it)."""
        self.revoke(todo.ended_acls)
        self._alter([UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_512) for name in todo.ended_users])
        self.set_passwords({name: secrets.made_password(name) for name in todo.new_users})
        self.grant(todo.new_acls)

    def set_passwords(self, passwords: dict[str, str]) -> None:
        """Makes users, or gives them new passwords; who is signed in stays so until it connects anew."""
        self._alter(
            [
                UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
                for name, password in passwords.items()
            ]
        )

    def grant(self, acls: Sequence[Acl]) -> None:
        """Gives these rights; one that is there already stays."""
        for start in range(0, len(acls), PORTION):
            with explained(self._settings):
                answer = self._admin.create_acls([_written(acl) for acl in acls[start : start + PORTION]])
                self._check(answer["failed"])

    def revoke(self, acls: Sequence[Acl]) -> None:
        """Takes these rights away; one that is gone already is fine."""
        for start in range(0, len(acls), PORTION):
            filters = [_as_filter(acl) for acl in acls[start : start + PORTION]]
            with explained(self._settings):
                self._check(error for _, _, error in self._admin.delete_acls(filters))

    def _describe(self, which: ACLFilter) -> Any:
        try:
            return self._admin.describe_acls(which)
        except kafka_errors.SecurityDisabledError as exc:
            raise _NoAuthorizer from exc

    def _alter(self, alterations: Sequence[Any]) -> None:
        if not alterations:
            return
        with explained(self._settings):
            said = self._admin.alter_user_scram_credentials(alterations)
        faults = {name: fault for name, fault in said.items() if fault is not None}
        for name, fault in faults.items():
            raise RetryLater(f"The broker at {self._settings.bootstrap} did not take the user {name} ({fault}).")

    @staticmethod
    def _check(errors: Iterable[type[kafka_errors.KafkaError]]) -> None:
        for error in errors:
            if error is not kafka_errors.NoError:
                raise error


def plan_for(federation: Federation, settings: BrokerSettings, there: RightsThere) -> RightsPlan:
    """What has to be done about users and rights of a broker that is reached by these settings."""
    passwords = settings.security.startswith("SASL") and settings.sasl_mechanism == MECHANISM
    return plan_rights(federation, there, passwords=passwords, keep=(NODE, ADMIN, settings.username or ADMIN))


class _NoAuthorizer(Exception):  # noqa: N818 - a state, not a fault of ours
    """The broker has no authorizer."""


def _has_password(user: dict[str, Any]) -> bool:
    return any(one["mechanism"] is ScramMechanism.SCRAM_SHA_512 for one in user["credential_infos"])


def _in_words(acl: Any) -> str:
    pattern = acl.resource_pattern
    return (
        f"{acl.permission_type.name} {acl.principal.removeprefix(PRINCIPAL_TYPE)} {acl.operation.name} "
        f"{pattern.resource_type.name.lower()} {pattern.resource_name} from {acl.host}"
    )


def _pattern(acl: Acl) -> ResourcePattern:
    kind = ACLResourcePatternType.PREFIXED if acl.prefixed else ACLResourcePatternType.LITERAL
    return ResourcePattern(TYPES[acl.resource], acl.name, kind)


def _written(acl: Acl) -> ACL:
    operation = ACLOperation[acl.operation]
    return ACL(PRINCIPAL_TYPE + acl.principal, "*", operation, ACLPermissionType.ALLOW, _pattern(acl))


def _as_filter(acl: Acl) -> ACLFilter:
    operation = ACLOperation[acl.operation]
    return ACLFilter(PRINCIPAL_TYPE + acl.principal, "*", operation, ACLPermissionType.ALLOW, _pattern(acl))


def _read(acl: Any) -> Acl | None:
    """The right as we write it; None for what we never make (denials, other hosts, other resources)."""
    pattern = acl.resource_pattern
    if acl.permission_type is not ACLPermissionType.ALLOW or acl.host != "*" or pattern.resource_type not in RESOURCES:
        return None
    return Acl(
        principal=acl.principal.removeprefix(PRINCIPAL_TYPE),
        resource=RESOURCES[pattern.resource_type],
        name=pattern.resource_name,
        operation=acl.operation.name,
        prefixed=pattern.pattern_type is ACLResourcePatternType.PREFIXED,
    )
