"""Trained models to verified bundles."""
