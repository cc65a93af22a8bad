import subprocess
from pathlib import Path

Path("version.txt").write_text(subprocess.check_output(["git", "--version"], text=True))
