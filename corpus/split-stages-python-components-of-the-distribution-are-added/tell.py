import subprocess

import click

version = subprocess.run(["iucode_tool", "--version"], capture_output=True, text=True, check=True).stdout
click.echo(version.splitlines()[0])
