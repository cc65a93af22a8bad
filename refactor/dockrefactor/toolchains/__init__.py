"""The languages that dockrefactor knows, in the order in which they are asked."""

from __future__ import annotations

from dockrefactor.toolchain import Registered, Toolchain
from dockrefactor.toolchains.c_names import looks_like_c
from dockrefactor.toolchains.dotnet_names import looks_like_dotnet
from dockrefactor.toolchains.elixir_names import looks_like_elixir
from dockrefactor.toolchains.java_names import handles_builds, looks_like_java
from dockrefactor.toolchains.node_names import looks_like_node
from dockrefactor.toolchains.php_names import looks_like_php
from dockrefactor.toolchains.python_names import activates, looks_like_python
from dockrefactor.toolchains.ruby_names import looks_like_ruby
from dockrefactor.toolchains.rust_names import looks_like_rust

TOOLCHAINS: tuple[Toolchain, ...] = (
    Registered("elixir", looks_like_elixir, frozenset({"elixir"})),
    Registered("go", lambda word: word == "go" or word.endswith("/go"), frozenset({"go"})),
    Registered("node", looks_like_node, frozenset({"javascript", "node"})),
    Registered("php", looks_like_php, frozenset({"php"})),
    Registered("python", looks_like_python, frozenset({"python"}), activates),
    Registered("dotnet", looks_like_dotnet, frozenset({"dotnet"})),
    Registered("java", looks_like_java, frozenset({"java"}), handles_builds),
    Registered("ruby", looks_like_ruby, frozenset({"ruby"})),
    Registered("rust", looks_like_rust, frozenset({"rust"})),
    Registered("c", looks_like_c, frozenset({"c"})),
)
