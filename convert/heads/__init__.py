"""Linear attribute heads on the face feature, fitted on labelled speakers and calibrated.

The published checkpoints have none. `fit_choice` and `fit_quantity` fit one; `calibrate_choice`
and `calibrate_quantity` calibrate a head that is given as a network.
"""

from convert.heads.calibrate import Calibration, calibrate_choice, calibrate_quantity
from convert.heads.fit import FittedHead, fit_choice, fit_quantity

__all__ = [
    "Calibration",
    "FittedHead",
    "calibrate_choice",
    "calibrate_quantity",
    "fit_choice",
    "fit_quantity",
]
