"""A voice trunk that goes on where it stopped: rewrites `.tflite` graphs to keep their state."""
