"""GPUs are counted by their device files."""

from pathlib import Path

from submission.host.gpus import nvidia_gpus


def test_only_numbered_devices_are_gpus(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidia12", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert nvidia_gpus(tmp_path) == 3
    assert nvidia_gpus(tmp_path / "none") == 0
