import subprocess

from markupsafe import escape

page = subprocess.run(["make", "page"], check=True, capture_output=True, text=True).stdout
print(escape(page))
