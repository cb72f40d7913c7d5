"""From what a device gives to what is listened to: one channel, no offset, 16 kHz."""

from __future__ import annotations

import logging

import numpy as np
import soxr

from edge.audio.block import SAMPLE_RATE, AudioBlock
from edge.audio.capture_wire import Opened, Sound
from edge.audio.channels import ChannelMix
from edge.audio.lost_samples import LostSamples
from edge.audio.no_sound import NoSound
from edge.audio.offset import Offset
from edge.audio.zeros import Zeros

log = logging.getLogger(__name__)

ZEROS_S = 30.0
"""of nothing but zeros after which the microphone counts as muted"""
OFFSET = 0.005
"""full scale 1; less is not worth a word"""
SETTLED = 20
"""blocks after which the offset is known"""


class Intake:
    """For one opened device. Says once in the log what is wrong with its sound."""

    def __init__(self, device: Opened, origin_s: float) -> None:
        self._device, self._origin_s = device, origin_s
        self._zeros = Zeros(device.rate)
        self._offset = Offset(device.channels)
        self._mix = ChannelMix(device.channels)
        self._lost = LostSamples(device.rate)
        self._resample = soxr.ResampleStream(device.rate, SAMPLE_RATE, 1, dtype="float32")
        self._blocks = 0
        self._dead = self._told_zeros = False
        self._told_channels = b""
        self.lost_samples = 0
        """of the device's rate"""

    def __call__(self, sound: Sound) -> AudioBlock | NoSound | None:
        """A block of 16 kHz, whose time counts from `origin_s`; NoSound once where nothing but
        zeros come, and None as long as that lasts."""
        raw = np.frombuffer(sound.data, "<i2").reshape(-1, self._device.channels)
        self._blocks += 1
        self._count(sound.ended_s, raw.shape[0])
        self._zeros(raw)
        if self._zeros.nothing_else_s >= ZEROS_S:
            return self._only_zeros()
        self._dead = False
        channels = self._offset(raw.astype(np.float32) / 32768)
        mono = self._resample.resample_chunk(self._mix(channels))
        self._tell()
        if not mono.size:  # the resampler looks ahead
            return None
        start_s = sound.ended_s - self._origin_s - mono.size / SAMPLE_RATE
        return AudioBlock(mono, max(0.0, start_s))

    def _only_zeros(self) -> NoSound | None:
        if self._dead:
            return None
        self._dead = True
        return NoSound(
            f"The microphone '{self._device.name}' gives only zeros: is it muted? "
            "Unmute it in the mixer or at its switch."
        )

    def _count(self, ended_s: float, samples: int) -> None:
        lost = self._lost(ended_s, samples)
        if lost:
            self.lost_samples += lost
            log.warning("event=samples_lost samples=%d total=%d", lost, self.lost_samples)

    def _tell(self) -> None:
        if self._zeros.dropping and not self._told_zeros:
            self._told_zeros = True
            log.warning(
                "event=runs_of_zeros microphone=%r problem=%r",
                self._device.name,
                "The device drops sound. Try another port, cable or sample rate.",
            )
        if self._blocks == SETTLED and np.abs(self._offset.value).max() >= OFFSET:
            log.info(
                "event=offset_removed microphone=%r shares=%s",
                self._device.name,
                ",".join(f"{value:.3f}" for value in self._offset.value),
            )
        if self._device.channels > 1 and self._mix.chosen.tobytes() != self._told_channels:
            self._told_channels = self._mix.chosen.tobytes()
            numbers = np.flatnonzero(self._mix.chosen) + 1
            log.info("event=channels mixed=%s", ",".join(map(str, numbers)))
