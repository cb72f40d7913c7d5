"""From speech to what is believed about the speaker."""
