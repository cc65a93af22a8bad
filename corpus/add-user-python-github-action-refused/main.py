import os

import yaml

workflow = yaml.safe_load(os.environ.get("INPUT_WORKFLOW") or "jobs: {}")
lines = f"jobs={len(workflow['jobs'])}\n"
if "GITHUB_OUTPUT" in os.environ:
    with open(os.environ["GITHUB_OUTPUT"], "a") as output:
        output.write(lines)
print(lines)
