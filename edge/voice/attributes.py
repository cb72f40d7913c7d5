"""From the face feature to calibrated attributes, or to an honest 'unknown'."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from edge.inference.engine import Engine
from edge.inference.manifest import ChoiceAttribute, QuantityAttribute
from edge.voice.estimate import Attribute, Choice, Quantity


class AttributeHeads:
    """The attribute networks of a bundle. A sensitive attribute runs only when it is allowed."""

    def __init__(self, engine: Engine, allowed: frozenset[str] = frozenset()) -> None:
        manifest = engine.bundle.manifest
        self._heads = [
            (part, engine.model(part.name))
            for part in manifest.attributes
            if not part.sensitive or part.name in allowed
        ]
        self._absent: dict[str, Attribute] = {
            name: Choice(None, None, {}, reason) for name, reason in manifest.absent.items()
        }
        for part in manifest.attributes:
            if part.sensitive and part.name not in allowed:
                self._absent[part.name] = switched_off(part.name)

    def __call__(self, feature: npt.NDArray[np.float32]) -> Mapping[str, Attribute]:
        """Attributes by name, absent ones included with their reason."""
        known: dict[str, Attribute] = {}
        for part, model in self._heads:
            logits = model(feature).ravel()
            known[part.name] = (
                choose(part, logits) if isinstance(part, ChoiceAttribute) else measure(part, logits)
            )
        return {**known, **self._absent}


def switched_off(name: str) -> Choice:
    """What stands for an attribute that the owner did not switch on."""
    return Choice(None, None, {}, f"switched off: set [publish] {name} = true")


def choose(part: ChoiceAttribute, logits: npt.NDArray[np.float32]) -> Choice:
    """The most probable class, or an abstention below the bundle's threshold."""
    calibration = part.calibration
    probabilities = softmax(logits / calibration.temperature)
    scores = dict(zip(part.classes, map(float, probabilities), strict=True))
    for withheld in calibration.withheld:
        if scores[withheld.class_name] > withheld.above:
            return Choice(None, None, scores, withheld.reason)
    excluded = {withheld.class_name for withheld in calibration.withheld}
    best = max((name for name in part.classes if name not in excluded), key=scores.__getitem__)
    if scores[best] < calibration.threshold:
        reason = f"not sure enough: {best} {scores[best]:.0%}, {calibration.threshold:.0%} needed"
        return Choice(None, None, scores, reason)
    return Choice(best, scores[best], scores)


def measure(part: QuantityAttribute, logits: npt.NDArray[np.float32]) -> Quantity:
    """Median and interval of the predicted distribution, or an abstention when it is too wide."""
    calibration, bins = part.calibration, part.bins
    probabilities = softmax(logits / calibration.temperature)
    edges = bins.first + bins.width * np.arange(bins.count + 1)
    cumulative = np.concatenate([[0.0], np.cumsum(probabilities)])
    value, low, high = np.interp(
        [0.5, calibration.low_quantile, calibration.high_quantile], cumulative, edges
    )
    if high - low > calibration.widest:
        reason = f"not sure enough: between {low:.0f} and {high:.0f} {part.unit}"
        return Quantity(None, float(low), float(high), part.unit, calibration.coverage, reason)
    return Quantity(float(value), float(low), float(high), part.unit, calibration.coverage)


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Probabilities from logits `(classes,)`."""
    powers = np.exp(logits.astype(np.float64) - float(np.max(logits)))
    return np.asarray(powers / powers.sum())
