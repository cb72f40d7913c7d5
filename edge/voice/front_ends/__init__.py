"""Front ends: from a window of sound to the features that a voice encoder was trained on.

The shape of a checkpoint does not identify its front end, so a bundle names it, gives its
parameters, and carries golden vectors (a short sound and its features) that are checked when the
bundle is loaded. A front end is a pure function of one window: no state, no randomness.
"""

from __future__ import annotations

from typing import Any

import msgspec

from edge.errors import BundleError
from edge.voice.front_ends.front_end import BinsFirst, FeatureArray, FrontEnd, Samples
from edge.voice.front_ends.reference_logmel import LogMel
from edge.voice.front_ends.s2f_601 import ComplexSpectrogram601, MagnitudePhase601
from edge.voice.front_ends.s2f_complex import ComplexSpectrogram
from edge.voice.front_ends.s2f_magnitude_phase import MagnitudePhase
from edge.voice.front_ends.sf2f_logmel import Sf2fLogMel
from edge.voice.front_ends.wen_logmel import WenLogMel

__all__ = [
    "FRONT_ENDS",
    "BinsFirst",
    "ComplexSpectrogram",
    "ComplexSpectrogram601",
    "FeatureArray",
    "FrontEnd",
    "LogMel",
    "MagnitudePhase",
    "MagnitudePhase601",
    "Samples",
    "Sf2fLogMel",
    "WenLogMel",
    "front_end",
]

Kind = (
    type[LogMel]
    | type[ComplexSpectrogram]
    | type[MagnitudePhase]
    | type[ComplexSpectrogram601]
    | type[MagnitudePhase601]
    | type[WenLogMel]
    | type[Sf2fLogMel]
)

FRONT_ENDS: dict[str, Kind] = {
    "reference-logmel64": LogMel,
    "s2f-complex": ComplexSpectrogram,
    "s2f-complex-601": ComplexSpectrogram601,
    "s2f-magnitude-phase": MagnitudePhase,
    "s2f-magnitude-phase-601": MagnitudePhase601,
    "sf2f-logmel40": Sf2fLogMel,
    "wen-logmel64": WenLogMel,
}


def front_end(
    name: str, parameters: dict[str, Any] | None = None, bins_first: bool = False
) -> FrontEnd:
    """The front end of that name. Raises BundleError for an unknown name or parameter."""
    if name not in FRONT_ENDS:
        known = ", ".join(sorted(FRONT_ENDS))
        raise BundleError(f"The front end '{name}' is not known here. Known: {known}.")
    kind = FRONT_ENDS[name]
    unknown = set(parameters or {}) - set(kind.__dataclass_fields__)
    if unknown:
        raise BundleError(
            f"The front end '{name}' has no parameter {', '.join(sorted(unknown))}. "
            f"It has: {', '.join(kind.__dataclass_fields__)}."
        )
    try:
        made = msgspec.convert(parameters or {}, kind)
    except msgspec.ValidationError as error:
        raise BundleError(
            f"The front end '{name}' was given a wrong parameter: {error}."
        ) from error
    if made.frame_length > made.fft_length or getattr(made, "low_hz", 0) >= getattr(
        made, "high_hz", 1
    ):
        raise BundleError(
            f"The front end '{name}' needs frames that fit its Fourier transform, and a band whose "
            "low end is below its high end."
        )
    return BinsFirst(made) if bins_first else made
