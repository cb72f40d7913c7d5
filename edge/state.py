"""The states that the daemon can be in. Display and MQTT show them by these names."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """idle → listening → speaking → holding → idle, or muted, or fault."""

    IDLE = "idle"
    """the microphone is open, nobody speaks, nothing is believed about anybody"""
    LISTENING = "listening"
    """speech arrives, not yet enough of it for an estimate"""
    SPEAKING = "speaking"
    """speech arrives, the estimate grows"""
    HOLDING = "holding"
    """the speaker is silent, the estimate is kept for a while"""
    MUTED = "muted"
    """the microphone is closed"""
    FAULT = "fault"
    """something is missing; the scene's message says what to do"""

    def __str__(self) -> str:
        return self.value
