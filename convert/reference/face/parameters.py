"""The named parameters of a face: what the decoder takes, in this order.

The age parameter is MakeHuman's: 0.1875 is a child of 10 years, 0.5 an adult of 25, 1.0 a person
of 90, and straight lines between (`age_parameter`). Sliders are 0 at the average of the other
parameters. Hair weights sum to 1: two styles may be mixed, as the pictures are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["identity", "demographic", "style", "expression"]

AGE_YEARS = (1.0, 10.0, 25.0, 90.0)
AGE_PARAMETERS = (0.0, 0.1875, 0.5, 1.0)
HAIR_STYLES = ("crop", "fringe", "bob", "long", "tied", "afro")


@dataclass(frozen=True)
class Parameter:
    """One input of the decoder: allowed range, value of a neutral face, and what it means."""

    name: str
    low: float
    high: float
    default: float
    role: Role
    meaning: str


def _slider(name: str, meaning: str) -> Parameter:
    return Parameter(name, -1.0, 1.0, 0.0, "identity", meaning)


def _expression(name: str, meaning: str, high: float = 1.0) -> Parameter:
    return Parameter(name, 0.0, high, 0.0, "expression", meaning)


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("gender", 0.0, 1.0, 0.5, "demographic", "0 female, 1 male"),
    Parameter("age", 0.15, 1.0, 0.5, "demographic", "0.1875: 10 years, 0.5: 25, 1.0: 90"),
    Parameter("african", 0.0, 1.0, 1 / 3, "demographic", "weight; the three groups sum to 1"),
    Parameter("asian", 0.0, 1.0, 1 / 3, "demographic", "weight; the three groups sum to 1"),
    Parameter("caucasian", 0.0, 1.0, 1 / 3, "demographic", "weight; the three groups sum to 1"),
    Parameter("weight", 0.1, 0.95, 0.5, "identity", "body weight: 0.1 thin, 0.95 heavy"),
    Parameter("melanin", -1.0, 1.0, 0.0, "style", "lighter or darker than the group's mean skin"),
    *(
        Parameter(f"hair_{style}", 0.0, 1.0, float(style == "fringe"), "style", meaning)
        for style, meaning in zip(
            HAIR_STYLES,
            (
                "weight of cropped hair; the hair weights sum to 1",
                "weight of short hair with a fringe",
                "weight of chin-length hair",
                "weight of long hair",
                "weight of hair tied back",
                "weight of round curly hair",
            ),
            strict=True,
        )
    ),
    Parameter("hair_lightness", 0.0, 1.0, 0.15, "style", "0 black, 0.4 brown, 1 blond"),
    Parameter("hair_grey", 0.0, 1.0, 0.0, "style", "0 none, 1 all hair is grey"),
    Parameter("eye_lightness", 0.0, 1.0, 0.1, "style", "0 dark brown, 0.5 hazel, 1 light blue"),
    _slider("nose_width", "narrow to wide nose"),
    _slider("nose_length", "short to long nose"),
    _slider("nostril_width", "narrow to wide nostrils"),
    _slider("nose_tip_width", "thin to round tip of the nose"),
    _slider("nose_bridge_width", "thin to broad bridge of the nose"),
    _slider("mouth_width", "narrow to wide mouth"),
    _slider("upper_lip_height", "thin to full upper lip"),
    _slider("lower_lip_height", "thin to full lower lip"),
    _slider("mouth_position", "mouth lower to higher"),
    _slider("chin_width", "pointed to broad chin"),
    _slider("chin_height", "short to long chin"),
    _slider("jaw_width", "narrow to wide jaw"),
    _slider("face_fullness", "hollow to full cheeks and neck"),
    _slider("head_width", "narrow to wide head"),
    _slider("head_height", "low to high head"),
    _slider("eye_size", "small to large eyes"),
    _slider("eye_position", "eyes lower to higher"),
    _slider("eye_spacing", "eyes close together to far apart"),
    _slider("eye_slant", "outer corners of the eyes lower to higher"),
    _slider("brow_position", "brows lower to higher"),
    _slider("brow_slant", "outer ends of the brows lower to higher"),
    _slider("cheekbone_width", "flat to prominent cheekbones"),
    _slider("forehead_height", "low to high forehead"),
    _expression("jaw_open", "mouth opens, as in 'ah'"),
    _expression("funnel", "lips forward and open, as in 'oh'"),
    _expression("pucker", "lips forward and narrow, as in 'oo'"),
    _expression("smile", "corners of the mouth up"),
    _expression("blink", "eyelids closed"),
    _expression("brow_up", "brows raised"),
    _expression("brow_down", "brows lowered"),
)

NAMES: tuple[str, ...] = tuple(parameter.name for parameter in PARAMETERS)
INDEX: dict[str, int] = {name: place for place, name in enumerate(NAMES)}
EXPRESSIONS = slice(INDEX["jaw_open"], len(NAMES))
HAIR = slice(INDEX["hair_crop"], INDEX["hair_crop"] + len(HAIR_STYLES))
GROUPS = slice(INDEX["african"], INDEX["caucasian"] + 1)
SLIDERS: tuple[str, ...] = NAMES[INDEX["nose_width"] : INDEX["jaw_open"]]

# How much a slider varies between people, as the standard deviation of training samples. Those
# that move the whole outline are drawn closer to the average than single features.
_OUTLINE = {"head_width", "head_height", "chin_height", "face_fullness", "mouth_position"}


def age_parameter(years: float) -> float:
    """The age parameter of a person of `years`."""
    return float(np.interp(years, AGE_YEARS, AGE_PARAMETERS))


def age_years(parameter: float) -> float:
    """Years of age that an age parameter stands for."""
    return float(np.interp(parameter, AGE_PARAMETERS, AGE_YEARS))


def default_vector() -> NDArray[np.float32]:
    """Every parameter at its default: (len(PARAMETERS),) float32."""
    return np.array([parameter.default for parameter in PARAMETERS], np.float32)


def clip(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (..., len(PARAMETERS)) with every value put inside its allowed range."""
    low = np.array([parameter.low for parameter in PARAMETERS], np.float32)
    high = np.array([parameter.high for parameter in PARAMETERS], np.float32)
    return np.clip(vectors, low, high)


def as_dict(vector: NDArray[np.float32]) -> dict[str, float]:
    """The parameters by name."""
    return dict(zip(NAMES, map(float, vector), strict=True))


def table() -> list[dict[str, str | float]]:
    """The parameters as plain data, in order, for a JSON file."""
    return [asdict(parameter) for parameter in PARAMETERS]


def sample_face(rng: np.random.Generator) -> NDArray[np.float32]:
    """A face for training with a neutral expression: (len(PARAMETERS),) float32.

    Gender, age and group are spread evenly, so that no face is drawn better than another.
    """
    face = dict.fromkeys(NAMES, 0.0)
    gender = rng.random() if rng.random() < 0.4 else round(rng.random())
    age = rng.uniform(0.15, 1.0)
    groups = rng.dirichlet((0.45, 0.45, 0.45))
    face |= {"gender": gender, "age": age, "weight": rng.normal(0.5, 0.16)}
    face |= dict(zip(("african", "asian", "caucasian"), groups, strict=True))
    face["melanin"] = rng.normal(0.0, 0.5)
    face["hair_lightness"] = rng.beta(1.0, 2.0) if rng.random() < 0.6 else rng.beta(1.0, 8.0)
    face["hair_grey"] = _sample_grey(age, rng)
    face["eye_lightness"] = rng.beta(0.6, 1.2)
    for slider in SLIDERS:
        face[slider] = rng.normal(0.0, 0.25 if slider in _OUTLINE else 0.45)
    vector = np.array([face[name] for name in NAMES], np.float32)
    vector[HAIR] = _sample_hair(rng)
    return clip(vector)


def sample_expression(face: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The same face with a random expression: speech, smiles, blinks, brows."""
    vector = face.copy()
    chances = {
        "jaw_open": 0.75,
        "funnel": 0.35,
        "pucker": 0.35,
        "smile": 0.45,
        "blink": 0.45,
        "brow_up": 0.3,
        "brow_down": 0.2,
    }
    for name, chance in chances.items():
        vector[INDEX[name]] = rng.random() if rng.random() < chance else 0.0
    if vector[INDEX["brow_up"]] > 0:
        vector[INDEX["brow_down"]] = 0.0
    return vector


def _sample_grey(age: float, rng: np.random.Generator) -> float:
    years = age_years(age)
    return float(np.clip((years - 48) / 30 + rng.normal(0.0, 0.25), 0, 1)) if years > 35 else 0.0


def _sample_hair(rng: np.random.Generator) -> NDArray[np.float32]:
    weights = np.zeros(len(HAIR_STYLES), np.float32)
    first, second = rng.choice(len(HAIR_STYLES), 2, replace=False)
    share = rng.random() if rng.random() < 0.08 else 1.0
    weights[first], weights[second] = share, 1.0 - share
    return weights
