import subprocess

import click


@click.command()
def tell() -> None:
    version = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    click.echo(f"tmux of the backports: {version != '3.3a'}")


tell()
