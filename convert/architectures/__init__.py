"""Published networks, one module each, written from the papers and the published shapes."""
