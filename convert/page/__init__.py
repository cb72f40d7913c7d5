"""Pages to look at: self-contained HTML with drawn plots, no script, light and dark."""
