"""Entries of a build context that no program reads when it runs: documentation, version control, continuous integration."""

from __future__ import annotations

import fnmatch
import posixpath
from typing import Final

# names by convention of their tools; matched without regard to case, at the root of the context
PATTERNS: Final = (
    ".git", ".gitignore", ".gitattributes", ".gitmodules", ".github", ".gitlab", ".gitlab-ci.yml", ".circleci", ".travis.yml",
    "azure-pipelines.yml", "jenkinsfile", ".editorconfig", ".vscode", ".idea", ".devcontainer", ".pre-commit-config.yaml",
    "readme", "readme.*", "changelog", "changelog.*", "contributing*", "code_of_conduct*", "security.md", "authors*",
    "license", "license.*", "copying", "notice", "codeowners", "dockerfile", "dockerfile.*", "*.dockerfile", "containerfile*",
    ".dockerignore", "*.dockerignore", "compose.y*ml", "compose.*.y*ml", "docker-compose*.y*ml", "makefile", "justfile",
    "taskfile.y*ml", "renovate.json", "dependabot.yml", ".golangci.y*ml", ".goreleaser.y*ml", "sonar-project.properties",
    ".eslintrc*", ".eslintignore", "eslint.config.*", ".prettierrc*", ".prettierignore", ".babelrc", "jest.config.*",
    ".nvmrc", ".node-version", ".tool-versions", ".python-version", ".husky", ".nycrc", ".mocharc.*", "vitest.config.*",
    "skaffold.yaml", "fly.toml", "procfile", "vagrantfile",
)  # fmt: skip


def is_inert(path: str) -> bool:
    """Whether a context entry is of such a kind, by its name."""
    name = posixpath.basename(path).lower()
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in PATTERNS)
