"""One module a language, each with a `Vocabulary` named `WORDS`."""

from __future__ import annotations

from edge.display.languages import de, en, es, zh
from edge.display.vocabulary import Vocabulary

LANGUAGES: dict[str, Vocabulary] = {module.WORDS.code: module.WORDS for module in (en, de, es, zh)}
"""by code, as in the settings"""

ENGLISH = en.WORDS
