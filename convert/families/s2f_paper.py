"""Speech2Face by its paper (Oh et al. 2019), from PyTorch and from Keras.

The authors have published no weights. A state_dict is taken by the names conv1 … conv9, bn1 … bn9,
fc1, fc2, or by any others that keep the layers' order, as nn.Sequential gives them. Keras'
weights-only files (saiteja-talluri/Speech2Face) are taken by their layers' default names, whose
numbers go on from model to model in one session: `conv2d_9` may be the first one.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from convert.architectures.pietkun import DecoderSizes
from convert.architectures.speech2face import Sizes, Speech2Face
from convert.checkpoints.checkpoint import Array, Checkpoint
from convert.checkpoints.differences import Shapes, differences
from convert.checkpoints.fill import filled, shapes
from convert.errors import CheckpointError
from convert.families import s2f_pietkun
from convert.families.family import FaceDecoder, Match, VoiceEncoder
from convert.families.layer_order import in_keras, in_pytorch, theirs
from convert.families.speech2face import cut
from convert.nets.net import Floats, Net
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "s2f-paper"
SUMMARY = "Speech2Face, Oh et al. 2019: the voice encoder in PyTorch or Keras"

FRONT_END = "s2f-complex"
KERAS_FRONT_END = "s2f-magnitude-phase"
"""what the Keras program computes, whatever its report says"""
KERAS_EPSILON = 1e-3
"""of BatchNorm"""
SIZES = Sizes()

_TO_KERAS = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}
_FROM_KERAS = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}
"""order of the axes of kernels, dense weights and vectors"""


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By the shapes of the first convolution and the number of layers."""
    if s2f_pietkun.has_decoder(checkpoint):
        return None  # that family says so
    keras = checkpoint.kind == "keras-weights"
    names = _names(checkpoint, SIZES)
    first, last = names["conv1.weight"], names["fc2.weight"]
    got = {name: array.shape for name, array in checkpoint.tensors.items()}
    wanted = (4, 4, 2, 64) if keras else (64, 2, 4, 4)
    if s2f_pietkun.recognise(checkpoint) or got.get(first) != wanted or last not in got:
        return None
    return Match("voice", f"{first} is {wanted}, and nine convolutions end in {last}")


def layouts() -> Mapping[str, Shapes]:
    """Names and shapes of the weights, as a state_dict has them."""
    return {"voice encoder": shapes(lambda: Speech2Face(SIZES))}


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe, sizes: Sizes = SIZES) -> VoiceEncoder:
    """The voice encoder, cut into trunk and head. `sizes`: those of the file."""
    keras = checkpoint.kind == "keras-weights"
    network = filled(
        lambda: Speech2Face(sizes, epsilon=KERAS_EPSILON if keras else 1e-5, frequency_first=keras),
        _in_our_names(checkpoint, sizes),
        str(checkpoint.path),
    )

    def published(features: Floats) -> Floats:
        with torch.no_grad():
            return network(torch.from_numpy(features).permute(2, 0, 1)[None])[0].numpy()

    front_end = KERAS_FRONT_END if keras else FRONT_END
    return cut(network, NAME, recipe, front_end, published, stream=True)


def face(
    checkpoint: Checkpoint, recipe: FaceRecipe, sizes: DecoderSizes = s2f_pietkun.DECODER_SIZES
) -> FaceDecoder:
    """A decoder of the paper's kind, landmarks and texture, under the names of s2f-pietkun."""
    if not s2f_pietkun.has_decoder(checkpoint):
        raise UsageError(
            f"{checkpoint.path} has no face decoder: {NAME} takes pre_layers, landmark_layers and "
            "texture_layers, as in s2f-pietkun. Give any other decoder as an ONNX or Keras file."
        )
    return s2f_pietkun.face(checkpoint, recipe, sizes)


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """There is none."""
    raise UsageError(f"{NAME} has no attributes. Leave the checkpoint of {recipe.name} out.")


def _names(checkpoint: Checkpoint, sizes: Sizes) -> dict[str, str]:
    """Our names → the file's."""
    ours = [
        name
        for name in shapes(lambda: Speech2Face(sizes))
        if not name.endswith("num_batches_tracked")
    ]
    if checkpoint.kind == "keras-weights":
        return theirs(ours, in_keras(checkpoint.tensors), keras=True)
    layers = None if "conv1.weight" in checkpoint.tensors else in_pytorch(checkpoint.tensors)
    return theirs(ours, layers, keras=False) if layers else {name: name for name in ours}


def _in_our_names(checkpoint: Checkpoint, sizes: Sizes) -> dict[str, Array]:
    """The file's tensors in PyTorch's names and layout, uncopied.

    Raises CheckpointError that lists, by the file's own names, whatever does not fit.
    """
    keras = checkpoint.kind == "keras-weights"
    names, wanted = _names(checkpoint, sizes), shapes(lambda: Speech2Face(sizes))
    expected = {
        names[name]: tuple(shape[axis] for axis in _TO_KERAS[len(shape)]) if keras else shape
        for name, shape in wanted.items()
        if name in names
    }
    found = differences(expected, {n: a.shape for n, a in checkpoint.tensors.items()})
    if found:
        raise CheckpointError(
            f"{checkpoint.path} does not fit the voice encoder of {NAME}. {found.sentences()} "
            "Nothing was loaded; give the checkpoint of this very network, or name another family."
        )
    arrays = {name: checkpoint.tensors[their] for name, their in names.items()}
    if keras:
        arrays = {name: array.transpose(_FROM_KERAS[array.ndim]) for name, array in arrays.items()}
    return arrays
