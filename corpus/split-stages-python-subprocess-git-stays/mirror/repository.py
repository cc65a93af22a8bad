import subprocess
import tempfile

GIT = "git"


def git(*arguments):
    done = subprocess.run([GIT, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def heads(url):
    return git("ls-remote", "--heads", url)


def log(url):
    with tempfile.TemporaryDirectory() as folder:
        git("clone", "--quiet", url, folder)
        return git("-C", folder, "log", "--oneline")
