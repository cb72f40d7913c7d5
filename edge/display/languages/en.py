"""English."""

from __future__ import annotations

from edge.display.vocabulary import Vocabulary
from edge.scene import CAPTION
from edge.state import State

WORDS = Vocabulary(
    code="en",
    caption=CAPTION,
    kiosk="A microphone listens here. The face is imagined from the voice; "
    "no sound is kept or sent.",
    heading="The voice suggests",
    not_sure="not sure",
    states={
        State.IDLE: ("Idle", "Say something."),
        State.LISTENING: ("Listening", "A voice is heard. About a second of it is needed."),
        State.SPEAKING: ("Speaking", "A voice is heard. The face sharpens."),
        State.HOLDING: ("Holding", "Silence. The last face stays."),
        State.MUTED: ("Muted", "The microphone is closed."),
        State.FAULT: ("Fault", ""),
    },
    something_wrong="Something is wrong. The log says more.",
    belief="{label}: {value}",
    choice="{name}, {percent}",
    quantity="{value}{unit} ({low}–{high})",
    range_note="the range holds for {percent} of speakers",
    percent="{number}\u00a0%",
    over="over {percent}",
    under="under {percent}",
    delegate_lost="The {stage} runs on the CPU: {delegate} failed, {reason}.",
    no_speech="No speech heard yet",
    evidence="{seconds} s of speech heard",
    decimal_point=".",
    names={},
    reasons={},
    page={
        "nobody": "No face yet",
        "face": "A drawn face.",
        "measures": "Measures of the drawn face",
        "lost": "The program does not answer. This page tries again by itself.",
    },
)
