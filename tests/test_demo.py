"""What a newcomer sees first: `script/demo` after its installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]


def test_the_demo_shows_two_voices_and_ends_by_itself(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "script" / "demo.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**env, "COLUMNS": "400", "PYTHONPATH": str(ROOT)},
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for name in ("woman", "man"):
        assert f"demo-out/{name}.png" in done.stdout
        with Image.open(tmp_path / "demo-out" / f"{name}.png") as picture:
            assert picture.width == 512
    said = [line for line in done.stdout.splitlines() if line.startswith("   mqtt  ")]
    text = "\n".join(said)
    assert "availability  online" in text
    assert text.index('"value":"female"') < text.index('"value":"male"')
    assert text.index("availability  online") < text.index("availability  offline")
    assert "entities were announced to Home Assistant" in text
