"""Which graphs each kind of board runs, and why not."""
