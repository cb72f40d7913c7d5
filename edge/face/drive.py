"""From an estimate to the parameters of a face.

A certain attribute moves the face fully, an uncertain one only as far as its probability carries.
What the face feature holds beyond the attributes gives each voice its own variety of face; that
is not an estimate of anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.inference.bundle import Bundle
from edge.inference.manifest import ChoiceDrive, Identity, QuantityDrive, Styles, VocalTract
from edge.voice.estimate import Choice, Estimate, Quantity
from edge.voice.listener import Heard

IDENTITY_LIMIT = 2.0
"""standard deviations, beyond which a voice's own features are not exaggerated"""
SETTLING_S = 2.0
"""seconds of speech after which half of a voice's own features show"""


class FaceDrive:
    """The bundle's way from estimates to decoder parameters."""

    def __init__(self, bundle: Bundle) -> None:
        self._face = bundle.manifest.face
        self._index = {parameter.name: i for i, parameter in enumerate(self._face.parameters)}
        self._defaults = np.array([p.default for p in self._face.parameters], np.float32)
        self._low = np.array([p.low for p in self._face.parameters], np.float32)
        self._high = np.array([p.high for p in self._face.parameters], np.float32)
        identity, styles = self._face.identity, self._face.styles
        self._identity_axes = bundle.array(identity.axes) if identity else None
        self._style_axes = bundle.array(styles.axes) if styles else None

    def __call__(self, heard: Heard) -> npt.NDArray[np.float32]:
        """Decoder parameters `(parameters,) float32`, within their ranges."""
        estimate, values = heard.estimate, self._defaults.copy()
        for drive in self._face.drives:
            if isinstance(drive, ChoiceDrive):
                self._choice(values, drive, estimate)
            else:
                self._quantity(values, drive, estimate)
        if self._face.identity and self._identity_axes is not None:
            self._identity(values, self._face.identity, self._identity_axes, estimate)
        if self._face.styles and self._style_axes is not None:
            self._styles(values, self._face.styles, self._style_axes, estimate)
        if self._face.vocal_tract and heard.tract_cm is not None:
            self._tract(values, self._face.vocal_tract, estimate, heard.tract_cm)
        return np.clip(values, self._low, self._high)

    def measures(self, values: npt.NDArray[np.float32]) -> dict[str, float]:
        """Craniofacial measures of the face with these parameters, by name (Farkas 1994)."""
        part = self._face.measures
        if part is None:
            return {}
        numbers = np.asarray(part.weights) @ values + np.asarray(part.bias)
        return dict(zip(part.names, map(float, numbers), strict=True))

    def _choice(
        self, values: npt.NDArray[np.float32], drive: ChoiceDrive, estimate: Estimate
    ) -> None:
        for class_name, probability in _scores(estimate, drive.attribute).items():
            for name, value in drive.classes.get(class_name, {}).items():
                i = self._index[name]
                values[i] += probability * (value - self._defaults[i])

    def _quantity(
        self, values: npt.NDArray[np.float32], drive: QuantityDrive, estimate: Estimate
    ) -> None:
        quantity = estimate.attributes.get(drive.attribute)
        if not isinstance(quantity, Quantity) or quantity.value is None:
            return
        for name, row in drive.parameters.items():
            values[self._index[name]] = np.interp(quantity.value, drive.at, row)

    def _identity(
        self,
        values: npt.NDArray[np.float32],
        part: Identity,
        axes: npt.NDArray[np.float32],
        estimate: Estimate,
    ) -> None:
        settled = estimate.evidence_s / (estimate.evidence_s + SETTLING_S)
        scores = np.clip(_project(axes, estimate.feature), -IDENTITY_LIMIT, IDENTITY_LIMIT)
        for (name, amplitude), score in zip(part.amplitudes.items(), scores, strict=True):
            values[self._index[name]] += amplitude * score * settled

    def _styles(
        self,
        values: npt.NDArray[np.float32],
        part: Styles,
        axes: npt.NDArray[np.float32],
        estimate: Estimate,
    ) -> None:
        names = list(dict.fromkeys(name for row in part.classes.values() for name in row))
        weights = np.full(len(names), 1e-6)
        for class_name, probability in _scores(estimate, part.attribute).items():
            row = part.classes.get(class_name, {})
            weights += probability * np.array([row.get(name, 0.0) for name in names])
        chosen = int(np.argmax(np.log(weights) + _project(axes, estimate.feature)))
        for i, name in enumerate(names):
            values[self._index[name]] = float(i == chosen)

    def _tract(
        self,
        values: npt.NDArray[np.float32],
        part: VocalTract,
        estimate: Estimate,
        tract_cm: float,
    ) -> None:
        scores = _scores(estimate, part.attribute)
        total = sum(scores.get(name, 0.0) for name in part.expected_cm)
        if not total:
            return
        expected = sum(scores.get(n, 0.0) * cm for n, cm in part.expected_cm.items()) / total
        deviation = float(np.clip((tract_cm - expected) / part.deviation_cm, -2, 2))
        for name, amplitude in part.amplitudes.items():
            values[self._index[name]] += amplitude * deviation


def _scores(estimate: Estimate, name: str) -> dict[str, float]:
    attribute = estimate.attributes.get(name)
    return dict(attribute.scores) if isinstance(attribute, Choice) else {}


def _project(
    axes: npt.NDArray[np.float32], feature: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    return np.asarray(axes[:, :-1] @ feature + axes[:, -1], np.float32)
