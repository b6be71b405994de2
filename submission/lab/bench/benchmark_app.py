"""Run OpenVINO's benchmark_app with this interpreter, whether or not its script is on the PATH."""

from openvino.tools.benchmark.main import main

if __name__ == "__main__":
    main()
