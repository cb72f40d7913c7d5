"""From float to int8, and what makes up for its cost."""
