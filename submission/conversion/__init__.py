"""ONNX files to OpenVINO IR, by OpenVINO's own converter."""
