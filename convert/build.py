"""From a recipe to a verified bundle: `s2f-convert build`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from convert import contract
from convert.certificate.certificate import Limits, certificate, require
from convert.certificate.held_out import held_out
from convert.certificate.page import page
from convert.certificate.report import write_report
from convert.certificate.twins import answers_of_both
from convert.change import FEWEST, learn_change
from convert.conversion import Converted, convert
from convert.drive import read_array, read_drive
from convert.encoder import Encoder
from convert.examples import Examples, gather
from convert.families.family import FaceDecoder, VoiceEncoder
from convert.fitting import Heads, fit_heads
from convert.model_card import card
from convert.nets.net import Floats, Net, Step, checked, in_batches
from convert.networks import read_networks
from convert.recipe import AttributeRecipe, FaceRecipe, Recipe, load_recipe
from convert.streaming.trunk import in_stream
from convert.workspace import Workspace, key
from convert.writing import json_bytes, require_place, write_bundle
from edge import __version__
from edge.inference.manifest import Manifest, Target
from edge.voice.front_ends import front_end

Progress = Callable[[str], None]
"""is told each step as it begins"""

LEFT_OUT = "left out when the bundle was built"
SHOWN = 8
"""faces on the certificate's page"""


@dataclass(frozen=True)
class Order:
    """What to build."""

    recipe: Path
    out: Path
    """folder of the bundle, replaced; `.report` and `.work` are made beside it"""
    targets: tuple[Target, ...] = ("cpu",)
    without: frozenset[str] = frozenset()
    """attributes that the bundle must not have"""
    limits: Limits = field(default_factory=Limits)
    sounds: tuple[str, str] | None = None
    """folders of calibration and held-out speech, instead of the recipe's"""


def build(order: Order, progress: Progress = lambda step: None) -> Manifest:
    """Build the bundle, try it as the board does, and put it into its place.

    The same recipe, files and versions give the same bytes. An interrupted build leaves the
    bundle's place as it was, and the same order continues it. Raises EdgeError.
    """
    recipe = _with_sounds(load_recipe(order.recipe), order.sounds)
    require_place(order.out)
    workspace = Workspace(order.out.with_name(f"{order.out.name}.work"))
    done = False
    try:
        manifest = _build(order, recipe, workspace, progress)
        done = True
        return manifest
    finally:
        workspace.close(remove=done)


def _build(order: Order, recipe: Recipe, workspace: Workspace, progress: Progress) -> Manifest:
    wanted = tuple(each for each in recipe.attributes if each.name not in order.without)
    progress("Reading the checkpoints")
    networks = read_networks(recipe, wanted)
    face = _located(networks.face, recipe.face)
    drive = read_drive(Path(recipe.face.drive), order.without) if recipe.face.drive else None
    choice = networks.voice.front_end
    encoder = Encoder(
        networks.voice, front_end(choice.name, dict(choice.parameters), choice.bins_first)
    )
    made_from = key(__version__, sorted(networks.sources.items()), recipe.voice, recipe.face)

    progress("Listening to the calibration sounds")
    seen, stamp = gather(encoder, recipe.sounds, workspace, made_from)
    cut = _as_published(encoder, seen)
    converted: dict[str, Converted] = {}
    trunk = networks.voice.trunk

    def add(role: str, net: Net, inputs: Floats, *origin: str | None) -> None:
        progress(f"Converting the {role}")
        converted[role] = convert(
            role, net, inputs, order.targets, recipe.quantization, workspace, key(*origin, inputs)
        )

    add("trunk", trunk, seen.features.reshape(-1, *trunk.input_shape[1:]), stamp, None)
    if networks.voice.stream if recipe.voice.stream is None else recipe.voice.stream:
        progress("Giving the trunk its state")
        streamed = in_stream(converted["trunk"], networks.voice, encoder.front_end)
        converted |= {"trunk": streamed.trunk, "stream": streamed.stream}
        encoder = replace(encoder, voice=streamed.voice)
        made_from = key(made_from, "stream", streamed.voice.frames, streamed.voice.step_frames)
        seen, stamp = gather(encoder, recipe.sounds, workspace, made_from)

    heads = fit_heads(wanted, networks.attributes, encoder, workspace, made_from)
    change = None
    if recipe.voice.change:
        progress("Learning when a voice changes")
        change = learn_change(encoder, recipe.sounds, workspace, stamp)
        if change is None:
            progress(
                f"Left out: fewer than {FEWEST} calibration sounds are long enough to learn when "
                "a voice changes, so only silence will tell persons apart. Give longer ones."
            )
    progress("Listening to the held-out sounds")
    heard = held_out(encoder, recipe.sounds)
    for sentence in heard.refused:
        progress(f"Left out: {sentence}")

    nets = _nets(encoder.voice, face, heads)
    rest = {role: net for role, net in nets.items() if role not in converted}
    inputs = _inputs(seen, face, recipe.face, rest)
    for role, net in rest.items():
        add(role, net, inputs[role], stamp, heads.made_from.get(role))

    progress("Measuring what int8 costs")
    made = contract.draft(
        recipe, encoder, face, drive, heads.calibrated, _absent(order, recipe, wanted), converted,
        networks.sources, change,
    )  # fmt: skip
    expected, got = answers_of_both(made, encoder.front_end, converted, heard)
    steps = {role: network.steps for role, network in converted.items()}
    steps["trunk"] = (*cut, *steps["trunk"])
    files = {role: network.files for role, network in converted.items()}
    measured = certificate(expected, got, files, steps, order.limits, len(heard.refused))
    require(measured)

    progress("Writing the bundle")
    first = next(iter(got.values()))
    pictures = [(a.picture, b.picture) for a, b in zip(expected, first, strict=True)][:SHOWN]
    whole = contract.finished(
        made,
        {
            contract.CERTIFICATE: json_bytes(measured),
            contract.CERTIFICATE_PAGE: page(measured, pictures).encode(),
            contract.CARD: card(recipe, networks, measured, heads.reports).encode(),
        },
    )
    write_bundle(whole.manifest, whole.files, order.out)
    progress("Writing the report beside it")
    for sentence in write_report(order.out, order.targets, measured, pictures, converted, nets):
        progress(sentence)
    return whole.manifest


def _with_sounds(recipe: Recipe, folders: tuple[str, str] | None) -> Recipe:
    if folders is None:
        return recipe
    calibration, held = ((folder,) for folder in folders)
    sounds = msgspec.structs.replace(recipe.sounds, calibration=calibration, held_out=held)
    return msgspec.structs.replace(recipe, sounds=sounds)


def _located(face: FaceDecoder, recipe: FaceRecipe) -> FaceDecoder:
    """The decoder with its mean landmarks, where the recipe names them."""
    if not recipe.mean_landmarks:
        return face
    return replace(face, mean_landmarks=read_array(Path(recipe.mean_landmarks), columns=2))


def _as_published(encoder: Encoder, seen: Examples) -> tuple[Step, ...]:
    """Checks trunk and head against the checkpoint as its authors run it, on one window."""
    published = encoder.voice.published
    if published is None:
        return ()
    window = seen.features[:1]
    got = encoder.features(encoder.pool(encoder.vectors(window))[None])[0]
    return (checked("as published → cut and folded", published(window[0]), got),)


def _nets(voice: VoiceEncoder, face: FaceDecoder, heads: Heads) -> dict[str, Net]:
    """Every network by its role, in the order of the data."""
    every = {
        "trunk": voice.trunk,
        "head": voice.head,
        **heads.nets,
        "shared": face.shared,
        "landmarks": face.landmarks,
        "face": face.picture,
    }
    return {role: net for role, net in every.items() if net is not None}


def _inputs(
    seen: Examples, face: FaceDecoder, recipe: FaceRecipe, nets: Mapping[str, Net]
) -> dict[str, Floats]:
    """The examples of every network, shaped as it takes them."""
    decoded = seen.faces
    if recipe.examples:
        columns = nets["face"].input_shape[-1]
        decoded = read_array(Path(recipe.examples), columns)
    elif face.shared is not None:
        decoded = in_batches(face.shared, seen.faces)
    inputs = dict.fromkeys(nets, seen.faces)
    inputs |= {"head": seen.pooled, "landmarks": decoded, "face": decoded}
    return {role: inputs[role].reshape(-1, *net.input_shape[1:]) for role, net in nets.items()}


def _absent(order: Order, recipe: Recipe, wanted: tuple[AttributeRecipe, ...]) -> dict[str, str]:
    """Why expected attributes are not there."""
    left_out = dict.fromkeys(sorted(order.without), LEFT_OUT)
    return {**recipe.absent, **{n: why for n, why in left_out.items() if n not in recipe.absent}}
