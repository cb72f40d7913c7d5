"""Reading what people's training code has written, without running any of it."""
