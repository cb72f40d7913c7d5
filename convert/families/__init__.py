"""Families of published checkpoints, one module each."""
