"""Discovery messages. Their templates are rendered with Jinja, as Home Assistant does."""

from __future__ import annotations

import json

import jinja2
import pytest

from edge.mqtt import home_assistant, messages
from edge.mqtt.catalogue import Catalogue
from edge.mqtt.topics import Topics
from edge.settings import Publish
from edge.state import State

TOPICS = Topics("speech2face", "board")


def announce(catalogue: Catalogue, publish: Publish) -> dict[str, bytes]:
    return home_assistant.discovery(
        "homeassistant", TOPICS, catalogue, publish.attributes(), publish.face
    )


def topic(component: str, name: str) -> str:
    return f"homeassistant/{component}/speech2face_board/{name}/config"


def render(template: str, payload: bytes) -> str:
    """As an MQTT value template: strict, so that what would be a warning there fails here."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["to_json"] = json.dumps
    text = payload.decode()
    try:
        values = {"value": text, "value_json": json.loads(text)}
    except json.JSONDecodeError:
        values = {"value": text}
    return environment.from_string(template).render(values)


def test_defaults(tools):
    sent = announce(tools.catalogue, Publish())
    assert {name for name, payload in sent.items() if payload} == {
        topic("sensor", "state"),
        topic("sensor", "evidence"),
        topic("sensor", "gender"),
        topic("sensor", "age"),
        topic("sensor", "craniofacial_nasal_index"),
        topic("sensor", "craniofacial_facial_index"),
        topic("binary_sensor", "speech"),
        topic("switch", "mute"),
    }
    assert {name for name, payload in sent.items() if payload == b""} == {
        topic("sensor", "ethnicity"),
        topic("image", "face"),
    }


def test_what_is_switched_off_is_removed(tools):
    off = Publish(gender=False, age=False, craniofacial=False)
    sent = announce(tools.catalogue, off)
    for name in ("gender", "age", "ethnicity", "craniofacial_nasal_index"):
        assert sent[topic("sensor", name)] == b""
    assert sent[topic("sensor", "state")]


def test_what_the_bundle_does_not_have_is_not_announced():
    sent = announce(Catalogue(quantities={"age": "years"}), Publish(ethnicity=True))
    assert sent[topic("sensor", "gender")] == b""
    assert sent[topic("sensor", "ethnicity")] == b""
    assert sent[topic("sensor", "age")]


def test_everything_on(tools):
    sent = announce(tools.catalogue, Publish(ethnicity=True, face=True))
    assert all(sent.values())
    picture = json.loads(sent[topic("image", "face")])
    assert picture["image_topic"] == "speech2face/board/face"
    assert picture["content_type"] == "image/jpeg"


def test_discovery_off_removes_all(tools):
    sent = home_assistant.nothing("homeassistant", TOPICS, tools.catalogue)
    assert set(sent) == set(announce(tools.catalogue, Publish()))
    assert not any(sent.values())


def test_entities_have_ids_device_origin_and_availability(tools):
    sent = announce(tools.catalogue, Publish(ethnicity=True, face=True))
    entities = [json.loads(payload) for payload in sent.values()]
    ids = {entity["unique_id"] for entity in entities}
    assert len(ids) == len(entities)
    for entity in entities:
        assert entity["unique_id"].startswith("speech2face_board_")
        assert entity["availability_topic"] == "speech2face/board/availability"
        assert entity["device"]["identifiers"] == ["speech2face_board"]
        assert entity["origin"]["name"] == "speech2face-edge"
        assert "icon" in entity or "device_class" in entity
    assert json.loads(sent[topic("sensor", "age")])["unit_of_measurement"] == "y"
    assert json.loads(sent[topic("sensor", "craniofacial_nasal_index")])["name"] == "Nasal index"


def test_craniofacial_measures_are_hidden_at_first(tools):
    sent = announce(tools.catalogue, Publish())
    measure = json.loads(sent[topic("sensor", "craniofacial_nasal_index")])
    assert measure["enabled_by_default"] is False
    assert measure["entity_category"] == "diagnostic"


@pytest.mark.parametrize(
    ("name", "value", "nothing"),
    [
        ("gender", "female", "unknown"),
        ("ethnicity", "white", "unknown"),
        ("age", "34", "None"),
        ("craniofacial_nasal_index", "68.123", "None"),
        ("evidence", "2.0", "0.0"),
    ],
)
def test_value_templates(name, value, nothing, tools):
    """An enum has the option `unknown`; a number's entity takes the word None as unknown."""
    switched_on = Publish(ethnicity=True).attributes()
    entity = json.loads(announce(tools.catalogue, Publish(ethnicity=True))[topic("sensor", name)])
    payload = messages.attributes(tools.estimate(), tools.catalogue, switched_on)
    assert render(entity["value_template"], payload) == value
    cleared = messages.attributes(None, tools.catalogue, switched_on)
    assert render(entity["value_template"], cleared) == nothing
    off = messages.attributes(tools.estimate(), Catalogue(), frozenset())
    if name != "evidence":
        assert render(entity["value_template"], off) == nothing
    if "options" in entity:
        assert {value, nothing} <= set(entity["options"])
    if "json_attributes_template" in entity:
        for each in (payload, cleared):
            assert (
                json.loads(render(entity["json_attributes_template"], each))
                == (json.loads(each)[name])
            )


@pytest.mark.parametrize("state", State)
def test_state_and_speech(state, tools):
    sent = announce(tools.catalogue, Publish())
    assert str(state) in json.loads(sent[topic("sensor", "state")])["options"]
    speech = json.loads(sent[topic("binary_sensor", "speech")])
    expected = {State.SPEAKING: "ON", State.MUTED: "None", State.FAULT: "None"}
    assert render(speech["value_template"], str(state).encode()) == expected.get(state, "OFF")
    mute = json.loads(sent[topic("switch", "mute")])
    assert mute["command_topic"] == "speech2face/board/set/mute"
    muted = "ON" if state is State.MUTED else "OFF"
    assert render(mute["value_template"], str(state).encode()) == muted
