"""Float networks on their way to TFLite: from PyTorch, ONNX or Keras, each step checked."""
