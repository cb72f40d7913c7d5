"""The reference voice model: how it was prepared, taught, trained, calibrated and measured.

The order of the stages, each a module with one public function of that name:
prepare → teach → train → calibrate → evaluate.
"""
