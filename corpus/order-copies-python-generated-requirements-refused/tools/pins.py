"""Prints pinned requirements from versions.json."""
import json
from pathlib import Path

versions = json.loads((Path(__file__).parent.parent / "versions.json").read_text())
for name, version in versions.items():
    print(f"{name}=={version}")
