from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = {}
exec((here / "clockd" / "version.py").read_text(), version)

setup(
    name="clockd",
    version=version["VERSION"],
    description="Tells the time over HTTP",
    long_description=(here / "README.md").read_text(),
    packages=find_packages(),
    install_requires=["waitress==3.0.2"],
    entry_points={"console_scripts": ["clockd=clockd.server:main"]},
)
