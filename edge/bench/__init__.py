"""How fast this machine is with a bundle: `s2f-edge bench`."""
