"""The reference face: a decoder from named parameters to a small picture of an imagined face.

No photograph is used anywhere. `shape` and `renderer` draw faces from the CC0 head mesh of
MakeHuman with painted colours, `render_dataset` draws many of them, `train` fits `network` to
them, and `evaluate` says how well the network draws faces that it never saw.
"""
