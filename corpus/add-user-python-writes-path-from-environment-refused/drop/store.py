import os
import uuid
from pathlib import Path

ROOT = Path(os.environ["DROP_ROOT"])


def save(content):
    ROOT.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    (ROOT / name).write_bytes(content)
    return name
