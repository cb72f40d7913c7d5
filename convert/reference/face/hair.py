"""The styles of hair: what each is made of, and how it is cut.

Some follow a mesh of the head parts; cropped and round hair grow out of the scalp itself. Nothing
needs a picture with transparency: strands are drawn by the shader.
"""

from __future__ import annotations

from dataclasses import dataclass

HAIRLINE = 0.085  # distance to the tied hair's mesh at which the forehead begins, in decimetres
SCALP_STYLE = "tied"  # hair tied back lies close to the scalp and ends at the hairline


@dataclass(frozen=True)
class HairStyle:
    """Either `mesh`, the name of a head part, or hair that stands `thickness` off the scalp.

    `strands` per unit of the mesh's texture (0: curls, `curl_depth` deep); `trim` is the height
    of the unshaped head below which hair is cut; grown hair ends `hairline` from the tied hair,
    along an edge that is ragged by a share of it. Lengths in decimetres.
    """

    mesh: str = ""
    thickness: float = 0.0
    strands: float = 0.0
    curl_depth: float = 0.0
    trim: float = -100.0
    hairline: float = 0.0
    raggedness: float = 0.0

    def uniforms(self) -> dict[str, float]:
        """What the hair's shader needs to know."""
        return {
            "strands": self.strands,
            "curl_depth": self.curl_depth,
            "trim": self.trim,
            "hairline": self.hairline,
            "raggedness": self.raggedness,
        }


STYLES: dict[str, HairStyle] = {
    "crop": HairStyle(thickness=0.055, curl_depth=0.4, hairline=HAIRLINE, raggedness=0.45),
    "fringe": HairStyle("short02", strands=46.0),
    "bob": HairStyle("long01", strands=30.0, trim=6.32),
    "long": HairStyle("long01", strands=30.0),
    "tied": HairStyle("ponytail01", strands=60.0),
    "afro": HairStyle(thickness=0.24, curl_depth=1.0, hairline=1.5 * HAIRLINE),
}
