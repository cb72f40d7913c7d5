"""Which point is which in the schemes of facial landmarks.

`ibug-68` is the mark-up of 300-W (Sagonas et al. 2013) that dlib's predictor gives, counted from
0; left and right are the viewer's. `face-recognition-72` is the dictionary of the face_recognition
package in its order: chin 17, left_eyebrow 5, right_eyebrow 5, nose_bridge 4, nose_tip 5,
left_eye 6, right_eye 6, top_lip 12, bottom_lip 12. These are the same points, with the corners of
the lips twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edge.inference.manifest import LandmarkScheme

Points = npt.NDArray[np.floating[Any]]
"""`(n, 2)`: x and y of each point, pixels"""

IBUG_POINTS = 68

_TOP_LIP = (*range(48, 55), 64, 63, 62, 61, 60)
_BOTTOM_LIP = (*range(54, 60), 48, 60, 67, 66, 65, 64)

SCHEMES: dict[LandmarkScheme, tuple[int, ...]] = {
    "ibug-68": tuple(range(IBUG_POINTS)),
    "face-recognition-72": (*range(48), *_TOP_LIP, *_BOTTOM_LIP),
}
"""for each point of a scheme, its number in `ibug-68`"""


def point_count(scheme: LandmarkScheme) -> int:
    """How many points a face has in the scheme."""
    return len(SCHEMES[scheme])


def as_ibug(points: Points, scheme: LandmarkScheme) -> npt.NDArray[np.float64]:
    """Points `(n, 2)` of a scheme as `ibug-68` `(68, 2)`; what is there twice is averaged."""
    numbers = np.array(SCHEMES[scheme])
    total = np.zeros((IBUG_POINTS, 2))
    np.add.at(total, numbers, points)
    return total / np.bincount(numbers, minlength=IBUG_POINTS)[:, None]
