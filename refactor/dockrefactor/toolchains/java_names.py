"""Names by which Java's programs are recognised, and commands of the system that handle what its builds make."""

from __future__ import annotations

import posixpath
from typing import Final

# https://maven.apache.org/wrapper/, https://docs.gradle.org/current/userguide/gradle_wrapper.html
TOOLS: Final = frozenset({"mvn", "mvnw", "gradle", "gradlew"})
_JDK: Final = frozenset({"java", "javac", "jar", "keytool", "kotlinc", "kotlin"})
SHELLS: Final = frozenset({"sh", "bash"})
CARRIERS: Final = frozenset({"cp", "mv", "ln", "install"})
# folders of a project that a RUN may take away when all is built
BUILT: Final = frozenset({"src", "target", "build", ".mvn", ".gradle"})


def looks_like_java(word: str) -> bool:
    """Whether the first word of a command is a build tool's or one of the JDK's programs."""
    name = posixpath.basename(word)
    return name in TOOLS or name in _JDK


def handles_builds(argv: tuple[str, ...]) -> bool:
    """Whether a program of the system starts a wrapper, makes it ready, or moves or removes what a build made."""
    name = posixpath.basename(argv[0])
    if name in CARRIERS:
        return any("target/" in word or "build/" in word for word in argv[1:])
    if name in SHELLS:
        return len(argv) > 1 and posixpath.basename(argv[1]) in TOOLS
    if name in ("chmod", "dos2unix", "sed"):
        return posixpath.basename(argv[-1]) in TOOLS
    return name == "rm" and any(posixpath.basename(word.rstrip("/")) in BUILT for word in argv[1:])
