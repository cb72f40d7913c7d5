"""Drawn pictures: shapes, and what makes files and pixels of them."""
