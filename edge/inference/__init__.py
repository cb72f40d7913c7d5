"""Bundles and the runtimes that run their models."""
