"""Home Assistant discovery: one retained message per entity.

Per-entity topics, `<prefix>/<component>/<board>/<entity>/config`, are understood by every version;
the newer device-wide message is not.
https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge import __version__
from edge.mqtt.catalogue import Catalogue
from edge.mqtt.messages import compact
from edge.mqtt.topics import MUTE, UNMUTE, Topics
from edge.state import State

Entity = dict[str, Any]

REMOVED = b""
"""an empty retained message takes an entity away again"""
UNKNOWN = "unknown"
"""what Home Assistant calls the state of an entity without a value"""
UNITS = {"years": "y"}
"""units as Home Assistant writes them"""
SENSITIVE = ("gender", "age", "ethnicity")
"""attributes that the owner can switch on and off"""
ICONS = {
    "gender": "mdi:gender-male-female",
    "age": "mdi:cake-variant",
    "ethnicity": "mdi:earth",
}


def discovery(
    prefix: str, topics: Topics, bundle: Catalogue, switched_on: frozenset[str], face: bool
) -> dict[str, bytes]:
    """Discovery topics and their payloads.

    Entities of what is in `bundle` and in `switched_on` are announced; what could have been
    announced by other settings or by another bundle is removed.
    """
    announced = dict(_entities(topics, bundle.only(switched_on), face))
    # dict.fromkeys: a set that keeps its order
    possible = dict.fromkeys(key for key, _ in _entities(topics, bundle, face=True))
    possible.update(dict.fromkeys(("sensor", name) for name in SENSITIVE))
    common = {
        "availability_topic": topics.availability,
        "device": {
            "identifiers": [topics.identity],
            "name": topics.device,
            "manufacturer": "speech2face-edge",
            "model": "Voice to face",
            "sw_version": __version__,
        },
        "origin": {"name": "speech2face-edge", "sw_version": __version__},
    }
    out = {}
    for component, name in possible:
        topic = f"{prefix}/{component}/{topics.identity}/{name}/config"
        entity = announced.get((component, name))
        if entity is None:
            out[topic] = REMOVED
        else:
            unique = {"unique_id": f"{topics.identity}_{name}"}
            out[topic] = compact({**entity, **unique, **common})
    return out


def nothing(prefix: str, topics: Topics, bundle: Catalogue) -> dict[str, bytes]:
    """The messages that remove every entity: discovery was switched off."""
    return dict.fromkeys(discovery(prefix, topics, bundle, frozenset(), face=False), REMOVED)


def _entities(
    topics: Topics, catalogue: Catalogue, face: bool
) -> Iterator[tuple[tuple[str, str], Entity]]:
    """`(component, name)` and what is particular to the entity."""
    states = [str(state) for state in State]
    yield (
        ("sensor", "state"),
        {
            "name": "State",
            "icon": "mdi:account-voice",
            "device_class": "enum",
            "options": states,
            "state_topic": topics.state,
            "json_attributes_topic": topics.fault,
        },
    )
    yield (
        ("binary_sensor", "speech"),
        {
            "name": "Speech",
            "device_class": "sound",
            "state_topic": topics.state,
            # a closed or missing microphone hears neither speech nor silence
            "value_template": "{{ {'speaking': 'ON', 'muted': 'None', 'fault': 'None'}"
            ".get(value, 'OFF') }}",
        },
    )
    yield (
        ("switch", "mute"),
        {
            "name": "Mute",
            "icon": "mdi:microphone-off",
            "command_topic": topics.set_mute,
            "payload_on": MUTE,
            "payload_off": UNMUTE,
            "state_topic": topics.state,
            "value_template": "{{ 'ON' if value == 'muted' else 'OFF' }}",
            "state_on": "ON",
            "state_off": "OFF",
        },
    )
    yield (
        ("sensor", "evidence"),
        {
            "name": "Evidence",
            "icon": "mdi:waveform",
            "device_class": "duration",
            "unit_of_measurement": "s",
            "entity_category": "diagnostic",
            "state_topic": topics.attributes,
            "value_template": "{{ value_json.evidence_s }}",
        },
    )
    for name, classes in catalogue.choices.items():
        yield ("sensor", name), _choice(topics, name, classes)
    for name, unit in catalogue.quantities.items():
        yield ("sensor", name), _quantity(topics, name, unit)
    for name in catalogue.craniofacial:
        yield ("sensor", f"craniofacial_{name}"), _measure(topics, name)
    if face:
        yield (
            ("image", "face"),
            {
                "name": "Imagined face",
                "icon": "mdi:face-man-shimmer-outline",
                "content_type": "image/jpeg",
                "image_topic": topics.face,
            },
        )


def _choice(topics: Topics, name: str, classes: tuple[str, ...]) -> Entity:
    # The word "unknown" instead of None: an enum takes only its options, and before 2024.9 it
    # showed None as a word.
    return {
        **_attribute(topics, name),
        "device_class": "enum",
        "options": [*classes, UNKNOWN],
        "value_template": f"{{{{ {_part(name)}.get('value') or '{UNKNOWN}' }}}}",
    }


def _quantity(topics: Topics, name: str, unit: str) -> Entity:
    # null becomes the word None, which a number's entity shows as unknown. No state_class: the
    # ages of the people in a room are not kept as long-term statistics.
    return {
        **_attribute(topics, name),
        "unit_of_measurement": UNITS.get(unit, unit),
        "suggested_display_precision": 0,
        "value_template": f"{{{{ {_part(name)}.get('value') }}}}",
    }


def _attribute(topics: Topics, name: str) -> Entity:
    return {
        "name": _title(name),
        "icon": ICONS.get(name, "mdi:account-question"),
        "state_topic": topics.attributes,
        "json_attributes_topic": topics.attributes,
        "json_attributes_template": f"{{{{ {_part(name)} | to_json }}}}",
    }


def _measure(topics: Topics, name: str) -> Entity:
    return {
        "name": _title(name),
        "icon": "mdi:ruler",
        "entity_category": "diagnostic",
        "enabled_by_default": False,
        "suggested_display_precision": 2,
        "state_topic": topics.attributes,
        "value_template": f"{{{{ {_part('craniofacial')}.get('{name}') }}}}",
    }


def _part(name: str) -> str:
    # An entity that is being removed may still see a message that no longer speaks of it.
    return f"value_json.get('{name}', {{}})"


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
