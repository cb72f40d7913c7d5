"""speech2face-edge: a voice goes in, an imagined face and what the voice suggests come out."""

__version__ = "0.1.0"
