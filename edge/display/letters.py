"""The font of the pictures: Pillow's own for English, one of the system's for other languages."""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from edge.display.vocabulary import Vocabulary
from edge.errors import DeviceError

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
)
LATIN = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "FreeSans.ttf",
    "Roboto-Regular.ttf",
)
CHINESE = (
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansCJK-Regular.ttc",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
)
DEBIAN = {"zh": "fonts-wqy-microhei"}
GLUE = "\u00a0"
"""a space at which no row is broken"""
_LOOKALIKES = str.maketrans({"–": "-", "—": "-", "×": "x", "ß": "ss", "≥": ">=", "≤": "<="})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letters:
    """A font file; without a path Pillow's built-in font, which has no accents."""

    path: str = ""
    index: int = 0
    """which font of a collection (.ttc)"""

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        """The font, `size` pixels high."""
        return _font(self.path, self.index, size)

    def printable(self, text: str) -> str:
        """The text in signs that the font has, in one line."""
        text = text.replace("\n", " ")
        return text if self.path else _without_accents(text)


BUILT_IN = Letters()


def letters(vocabulary: Vocabulary, path: str = "") -> Letters:
    """The font at `path`, or one of this system that has the signs of a language.

    Raises DeviceError when the file is no font, or where a language cannot be written without one.
    """
    needed = _signs(vocabulary)
    if path:
        chosen = Letters(path, _simplified(path))
        if missing := _missing(chosen, needed):
            raise DeviceError(
                f"The font {path} lacks signs of the language '{vocabulary.code}', e.g. "
                f"'{missing}'. Set [display] font to another file."
            )
        return chosen
    if all(sign.isascii() for sign in needed):
        return BUILT_IN
    chinese = any(unicodedata.east_asian_width(sign) == "W" for sign in needed)
    for found in _installed(CHINESE if chinese else LATIN + CHINESE):
        candidate = Letters(found, _simplified(found))
        if not _missing(candidate, needed):
            return candidate
    if chinese:
        raise DeviceError(
            "No font with Chinese signs was found. Install one (Debian: "
            f"{DEBIAN['zh']}), or set [display] font to a .ttf, .otf or .ttc file that has them."
        )
    log.warning(
        "event=font_missing language=%s problem=%r",
        vocabulary.code,
        "accents are left out. Install fonts-dejavu-core, or set [display] font.",
    )
    return BUILT_IN


@lru_cache(maxsize=64)
def _font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    if path:
        return ImageFont.truetype(path, size, index)
    built_in = ImageFont.load_default(size)
    # A Pillow without FreeType is not supported.
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    return built_in


def _without_accents(text: str) -> str:
    return "".join(
        letter
        for sign in text.translate(_LOOKALIKES)
        for letter in (sign if sign == GLUE else unicodedata.normalize("NFKD", sign))
        if not unicodedata.combining(letter)
    )


def _signs(vocabulary: Vocabulary) -> set[str]:
    """The signs of a language's words that a picture may show. English does with look-alikes."""
    if vocabulary.code == "en":
        return {"a"}
    texts = [
        *(value for value in vars(vocabulary).values() if isinstance(value, str)),
        *(text for pair in vocabulary.states.values() for text in pair),
        *vocabulary.names.values(),
        *vocabulary.reasons.values(),
    ]
    return {sign for text in texts for sign in text if not sign.isspace()}


def _missing(chosen: Letters, needed: set[str]) -> str:
    """A sign that the font has not; empty when it has all."""
    try:
        font = _font(chosen.path, chosen.index, 16)
    except OSError as error:
        raise DeviceError(
            f"The font {chosen.path} cannot be used: {error}. Set [display] font to a .ttf, .otf "
            "or .ttc file, or leave it empty."
        ) from error
    box = _picture(font, "\U0010fffe")  # no font has it: what stands for a missing sign
    return next((sign for sign in sorted(needed) if _picture(font, sign) == box), "")


def _picture(font: ImageFont.FreeTypeFont, sign: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(sign)
    return mask.size, bytes(mask)


def _simplified(path: str) -> int:
    """Which font of a collection has the simplified forms; 0 where none says so."""
    if not path.endswith((".ttc", ".otc")):
        return 0
    for index in range(16):
        try:
            name = ImageFont.truetype(path, 16, index).getname()[0] or ""
        except OSError:
            break
        if name.split(" ")[-1] == "SC":
            return index
    return 0


def _installed(names: tuple[str, ...]) -> list[str]:
    """Paths of the font files with these names, in their order."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted(folder.expanduser().rglob("*.[to]t[fc]")):
            found.setdefault(path.name, str(path))
    return [found[name] for name in names if name in found]
