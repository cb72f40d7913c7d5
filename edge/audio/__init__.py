"""Sound: files, the microphone, speech in it."""
