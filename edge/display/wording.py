"""How pictures and page talk: in which words, with which letters, and whether to passers-by."""

from __future__ import annotations

from dataclasses import dataclass

from edge.display.languages import ENGLISH, LANGUAGES
from edge.display.letters import BUILT_IN, Letters, letters
from edge.display.vocabulary import Vocabulary
from edge.settings import DisplaySettings


@dataclass(frozen=True)
class Wording:
    """A language with its letters."""

    vocabulary: Vocabulary = ENGLISH
    letters: Letters = BUILT_IN
    kiosk: bool = False
    """passers-by are told that a microphone listens"""


PLAIN = Wording()


def wording(settings: DisplaySettings) -> Wording:
    """As the settings say. Raises DeviceError when no font has the language's signs."""
    vocabulary = LANGUAGES[settings.language]
    return Wording(vocabulary, letters(vocabulary, settings.font), settings.kiosk_notice)


def spoken(settings: DisplaySettings) -> Wording:
    """As the settings say, for a page: browsers have letters of their own."""
    return Wording(LANGUAGES[settings.language], kiosk=settings.kiosk_notice)
