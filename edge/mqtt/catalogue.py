"""What a bundle can say about a speaker: decides what is announced and published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.errors import BundleError


@dataclass(frozen=True)
class Catalogue:
    """The attributes that a bundle estimates, by name.

    Raises BundleError for a name that is not one MQTT topic level.
    """

    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """classes of each attribute that is one of several, e.g. `gender`: `("female", "male")`"""
    quantities: Mapping[str, str] = field(default_factory=dict)
    """unit of each attribute that is a number, e.g. `age`: `"years"`"""
    craniofacial: tuple[str, ...] = ()
    """names of the measures of the face that is drawn (Farkas 1994)"""

    def __post_init__(self) -> None:
        for name in (*self.choices, *self.quantities, *self.craniofacial):
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
                raise BundleError(
                    f"The bundle calls an attribute {name!r}, which cannot be part of an MQTT "
                    "topic. Convert it again with a name of letters, digits, _ and -."
                )

    def only(self, names: frozenset[str]) -> Catalogue:
        """The part that is in `names`, as `Publish.attributes()` gives them."""
        return Catalogue(
            choices={name: classes for name, classes in self.choices.items() if name in names},
            quantities={name: unit for name, unit in self.quantities.items() if name in names},
            craniofacial=self.craniofacial if "craniofacial" in names else (),
        )
