"""The AsyncAPI 3 document of the bus, as the hub sees it: it receives what agencies send, and sends what they read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.topics import HUB, HUB_APP, Partitions, Topic

BINDING: Final = "0.5.0"
"""Version of AsyncAPI's Kafka bindings."""
_PARAMETER: Final = "{agency}"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a message besides its schema."""

    title: str
    summary: str
    examples: Mapping[str, Any]


Channels = tuple[tuple[Topic, tuple[str, ...]], ...]
"""Each topic, and the names of its messages."""


def document(channels: Channels, messages: Mapping[str, Told]) -> dict[str, Any]:
    """The whole document; schemas are referred to as files that lie beside it."""
    used = tuple((topic, names) for topic, names in channels if names)
    keys = {name: topic.key for topic, names in used for name in names}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "fusionbus",
            "version": SCHEMA_VERSION,
            "description": "Threat reports in, fused and routed alerts out. Written from the hub's side: what it "
            "receives, an agency sends. Generated from the contract; do not edit.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {_channel_id(topic): _channel(topic, names) for topic, names in used},
        "operations": dict(_operation(topic, names, way) for topic, names in used for way in _ways(topic)),
        "components": {
            "messages": {name: _message(name, told, keys[name]) for name, told in messages.items()},
            "securitySchemes": {
                "scram": {"type": "scramSha512", "description": "One user for each agency; topic rights follow it."},
            },
        },
    }


def _servers() -> dict[str, Any]:
    return {
        "bus": {
            "host": "{bootstrap}",
            "protocol": "kafka-secure",
            "description": "SASL_SSL; a broker on one's own machine may be without either.",
            "variables": {"bootstrap": {"default": "127.0.0.1:19092", "description": "FUSION_BOOTSTRAP"}},
            "security": [{"$ref": "#/components/securitySchemes/scram"}],
        },
    }


def _channel_id(topic: Topic) -> str:
    return topic.name.removesuffix(f"-{_PARAMETER}")


def _channel(topic: Topic, names: tuple[str, ...]) -> dict[str, Any]:
    settings = {key: _number(value) for key, value in topic.config().items()}
    if topic.compacted:
        settings["cleanup.policy"] = topic.config()["cleanup.policy"].split(",")
    channel: dict[str, Any] = {
        "address": topic.name,
        "summary": topic.about,
        "description": f"Key: {topic.key}. Written by {_who(topic.writers)}; read by {_who(topic.readers)}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "servers": [{"$ref": "#/servers/bus"}],
        "bindings": {
            "kafka": {
                "partitions": getattr(Partitions(), topic.spread),
                "topicConfiguration": settings,
                "bindingVersion": BINDING,
            },
        },
    }
    if _PARAMETER in topic.name:
        channel["parameters"] = {"agency": {"description": "Id of the agency, for example CTD-KP."}}
    return channel


def _number(value: str) -> Any:
    return int(value) if value.removeprefix("-").isdigit() else value


def _who(names: tuple[str, ...]) -> str:
    return " and ".join("the agency" if name == _PARAMETER else f"the {name}" for name in names)


def _ways(topic: Topic) -> tuple[str, ...]:
    """`receive` where the hub reads, `send` where it writes."""
    return tuple(way for way, who in (("receive", topic.readers), ("send", topic.writers)) if HUB in who)


def _operation(topic: Topic, names: tuple[str, ...], way: str) -> tuple[str, dict[str, Any]]:
    channel = _channel_id(topic)
    camel = "".join(part.capitalize() for part in channel.split("-"))
    operation: dict[str, Any] = {
        "action": way,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": f"The hub {'reads' if way == 'receive' else 'writes'}: {topic.about}.",
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }
    if way == "receive":
        group = {"type": "string", "enum": [HUB_APP]}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": BINDING}}
    return f"{way}{camel}", operation


def _message(name: str, told: Told, key: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": told.title,
        "summary": told.summary,
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{name}.json"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": BINDING}},
        "examples": [{"name": called, "payload": example} for called, example in told.examples.items()],
    }
