"""The running program: microphone → pipeline → display and MQTT."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from edge.audio.block import SAMPLE_RATE, AudioBlock
from edge.audio.feed import Feed
from edge.audio.no_sound import NoSound
from edge.audio.source import Source
from edge.conversation import Conversation
from edge.errors import DeviceError, SoundError, WindowClosedError
from edge.face.painter import Portrait
from edge.face.sound import measure
from edge.pipeline import Pipeline
from edge.scene import Display, Scene
from edge.state import State

log = logging.getLogger(__name__)

LEVEL_INTERVAL_S = 0.1
"""how often a scene is shown for the speaker's level alone"""


@runtime_checkable
class Commanded(Protocol):
    """A sink by which the owner also says what to do."""

    def obey(self, mute: Callable[[bool], None]) -> None:
        """Call `mute` when the owner wants it, from any thread."""


class Daemon:
    """Feeds the pipeline from a source and shows every change to all sinks; closes them at the end.

    `visible` names the attributes that may be shown and sent; the others never reach a sink.
    """

    def __init__(
        self,
        source: Source,
        pipeline: Pipeline,
        sinks: Sequence[Display],
        hold_s: float,
        visible: frozenset[str],
    ) -> None:
        self._pipeline, self._sinks, self._visible = pipeline, list(sinks), visible
        self._conversation = Conversation(hold_s)
        self._source = source
        self._stop = threading.Event()
        self._mute_wanted = self._muted = False
        self._scene = Scene(State.IDLE)
        self._shown_s = 0.0
        self._troubles: dict[str, str] = {}
        self.estimates = 0
        """how many estimates were made"""
        for sink in self._sinks:
            if isinstance(sink, Commanded):
                sink.obey(self.mute)

    def run(self) -> None:
        """Work until the source ends, `stop` is called, or the user closes the window.

        While the source gives no sound, that is shown as a fault. One that breaks for good is
        shown as a fault, too, and raised as SoundError.
        """
        log.info("event=started sinks=%s", ",".join(sink.name for sink in self._sinks) or "none")
        if self._mute_wanted:  # before anything opens the device
            self._source.mute(True)
        feed = Feed(self._source)
        try:
            self._show(self._scene)
            for item in feed:
                if self._stop.is_set():
                    return
                self._watch()
                self._obey(feed)
                if item is None or self._muted:
                    continue
                if isinstance(item, NoSound):
                    self._interrupt(State.FAULT, item.reason)
                else:
                    self._hear(item)
        except SoundError as error:
            self._show(Scene(State.FAULT, message=str(error)))
            raise
        except WindowClosedError:
            log.info("event=window_closed")
        finally:
            feed.close()
            self._pipeline.close()
            for sink in self._sinks:
                sink.close()
            log.info(
                "event=stopped estimates=%d lost_samples=%d",
                self.estimates,
                feed.lost_samples,
            )

    def stop(self) -> None:
        """End `run` soon. May be called from a signal handler."""
        self._stop.set()

    def mute(self, muted: bool) -> None:
        """Close the microphone, or open it again, soon. From any thread, also before `run`."""
        self._mute_wanted = muted

    def toggle_mute(self) -> None:
        """The other way round. May be called from a signal handler."""
        self._mute_wanted = not self._mute_wanted

    def _obey(self, feed: Feed) -> None:
        """Do what `mute` asked for; the state says so when the device is closed."""
        wanted = self._mute_wanted
        if wanted == self._muted:
            return
        self._source.mute(wanted)
        self._muted = wanted
        feed.drop()
        self._interrupt(State.MUTED if wanted else State.IDLE)

    def _interrupt(self, state: State, message: str = "") -> None:
        """Forget the speaker and show a state in which nothing is heard."""
        self._conversation.interrupt(state)
        self._pipeline.new_speaker()
        if message:
            log.warning("event=state state=%s problem=%r", state, message)
        else:
            log.info("event=state state=%s", state)
        before = self._scene
        self._scene = Scene(
            state, message=message, delegates=before.delegates, person=before.person + 1
        )
        self._show(self._scene)

    def _watch(self) -> None:
        """Say so when a delegate was lost, or has come back."""
        delegates = self._pipeline.delegates
        if delegates != self._scene.delegates:
            self._scene = replace(self._scene, delegates=delegates)
            self._show(self._scene)

    def _hear(self, block: AudioBlock) -> None:
        step = self._pipeline.push(block)
        now_s = block.start_s + block.samples.size / SAMPLE_RATE
        scene = replace(self._scene, level=block.level, message="", sound=measure(block.samples))
        if step.new_person:
            scene = replace(scene, person=scene.person + 1)
            log.info("event=another_person")
        if step.portrait:
            scene = self._with_portrait(scene, step.portrait)
        forget = self._conversation.hear(now_s, step.speaking, scene.estimate is not None)
        if forget:
            self._pipeline.new_speaker()
            scene = Scene(
                State.IDLE,
                level=block.level,
                delegates=scene.delegates,
                person=scene.person + 1,
            )
            log.info("event=speaker_forgotten")
        scene = replace(scene, state=self._conversation.state)
        if scene.state is not self._scene.state:
            log.info("event=state state=%s", scene.state)
        changed = step.portrait is not None or scene.state is not self._scene.state
        heard = scene.state in (State.LISTENING, State.SPEAKING)
        if changed or (heard and now_s - self._shown_s >= LEVEL_INTERVAL_S):
            self._shown_s = now_s
            self._show(scene)
        self._scene = scene

    def _with_portrait(self, scene: Scene, portrait: Portrait) -> Scene:
        estimate = portrait.estimate
        self.estimates += 1
        log.debug("event=estimate evidence_s=%.1f", estimate.evidence_s)
        visible = {n: a for n, a in estimate.attributes.items() if n in self._visible}
        measures = estimate.craniofacial if "craniofacial" in self._visible else {}
        shown = replace(estimate, attributes=visible, craniofacial=measures)
        return replace(
            scene,
            estimate=shown,
            face=portrait.image,
            portrait=replace(portrait, estimate=shown),
        )

    def _show(self, scene: Scene) -> None:
        for sink in self._sinks:
            try:
                sink.show(scene)
            except WindowClosedError:
                raise
            except DeviceError as error:
                # The others go on: a dead screen is no reason to stop publishing.
                if self._troubles.get(sink.name) != str(error):
                    log.error("event=sink_failed sink=%s problem=%r", sink.name, str(error))
                self._troubles[sink.name] = str(error)
