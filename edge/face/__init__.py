"""From an estimate to a face."""
