"""Networks that take and give real numbers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edge.errors import BundleError
from edge.inference.graph import Graph
from edge.inference.interpreter import LocalGraph
from edge.inference.placement import Placement
from edge.inference.runtime import Runtime, find_runtime

Floats = npt.NDArray[np.float32]


class Model:
    """A network with one input and one output, int8 or otherwise inside.

    Takes and gives float32; quantizes and dequantizes by the network's own scales.
    """

    def __init__(self, graph: Graph, name: str = "model") -> None:
        self.name, self._graph = name, graph
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise BundleError(
                f"The {name} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
                "one of each is wanted."
            )
        self._input, self._output = graph.inputs[0], graph.outputs[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self._input.shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self._output.shape

    def __call__(self, values: Floats) -> Floats:
        """Run the network. `values` must have as many elements as the input; float32 out.

        Raises BundleError when the values do not fit, the runtime gives up, or the network gives
        values that are not numbers.
        """
        if values.size != math.prod(self.input_shape):
            raise _misfit(self.name, self.input_shape, values)
        (given,) = self._graph.run([self._input.numbers.stored(values.reshape(self.input_shape))])
        return finite(self._output.numbers.real(given), self.name)


class StreamModel:
    """A network that goes on where it stopped: each run takes new frames and the state that the
    run before left, and gives a vector and the next state.

    Input 0 takes the frames, output 0 gives the vector; input i and output i, from 1 up, are
    the same tensor of state before and after.
    """

    def __init__(self, graph: Graph, name: str = "model") -> None:
        self.name, self._graph = name, graph
        before, after = graph.inputs[1:], graph.outputs[1:]
        if [(each.shape, each.dtype) for each in before] != [
            (each.shape, each.dtype) for each in after
        ]:
            raise BundleError(
                f"The {name} gives another state than it takes. Convert the model again."
            )
        self._input, self._output = graph.inputs[0], graph.outputs[0]
        self.reset()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of the new frames."""
        return self._input.shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self._output.shape

    @property
    def output_step(self) -> float:
        """Distance of neighbouring values of the vector; 0 in float32."""
        return self._output.numbers.scale

    @property
    def state_bytes(self) -> int:
        """What is kept from run to run."""
        return sum(each.dtype.itemsize * math.prod(each.shape) for each in self._graph.inputs[1:])

    def reset(self) -> None:
        """Forget the frames so far."""
        self._state = [np.zeros(each.shape, each.dtype) for each in self._graph.inputs[1:]]

    def __call__(self, frames: Floats) -> Floats:
        """The vector of these frames in the light of those before. Raises as `Model`; then the
        state is still the one before, and the frames may be given again."""
        if frames.size != math.prod(self.input_shape):
            raise _misfit(self.name, self.input_shape, frames)
        stored = self._input.numbers.stored(frames.reshape(self.input_shape))
        given, *state = self._graph.run([stored, *self._state])
        vector = finite(self._output.numbers.real(given), self.name)
        self._state = state
        return vector


def local_model(
    content: bytes, runtime: Runtime | None = None, threads: int = 1, name: str = "model"
) -> Model:
    """A model on the CPU in this process, by the preferred runtime or the given one.

    Raises BundleError."""
    placement = Placement(runtime or find_runtime(), threads)
    return Model(LocalGraph(content, placement, name), name)


def local_stream(
    content: bytes, runtime: Runtime | None = None, threads: int = 1, name: str = "stream"
) -> StreamModel:
    """The same for a network with state."""
    placement = Placement(runtime or find_runtime(), threads)
    return StreamModel(LocalGraph(content, placement, name), name)


def _misfit(name: str, shape: tuple[int, ...], values: Floats) -> BundleError:
    return BundleError(f"The {name} takes {shape}; it was given {values.shape}.")


def finite(values: Floats, name: str) -> Floats:
    """The values. Raises BundleError when some are not numbers."""
    if not np.all(np.isfinite(values)):
        raise BundleError(f"The {name} gives values that are not numbers. Convert the model again.")
    return values
