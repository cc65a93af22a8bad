import sys
from pathlib import Path

for name in sys.argv[1:]:
    text = Path(name).read_text()
    print(len(text.splitlines()), "lines", len(text.split()), "words", name)
