"""`dotnet run` as the start of a published program: what it becomes, and what stands against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.toolchain import DirectStart, NoDirectStartError
from dockrefactor.toolchains import TOOLCHAINS, dotnet_starts

WEB = (
    '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup>'
    "<TargetFramework>net8.0</TargetFramework>{}</PropertyGroup></Project>"
)
CONSOLE = WEB.replace("Sdk.Web", "Sdk").format("<OutputType>Exe</OutputType>")
SETTINGS = "Properties/launchSettings.json"
MAIN = {"Api.csproj": WEB.format(""), "Program.cs": "var app = WebApplication.Create(args);\napp.Run();\n"}


def direct(
    folder: Path, words: str = "", files: Mapping[str, str] | None = None, copy: str = "COPY . ."
) -> DirectStart:
    for name, content in {**MAIN, **(files or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    text = f"FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /app\n{copy}\nCMD dotnet run {words}\n"
    facts = Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile")
    return dotnet_starts.direct(facts, facts.launch.started[0])


def profile(**entries: object) -> str:
    return json.dumps(
        {"profiles": {"iis": {"commandName": "IISExpress"}, "http": {"commandName": "Project", **entries}}}
    )


@pytest.mark.parametrize(
    ("words", "command", "build"),
    [
        ("", "dotnet bin/direct/Api.dll", "RUN dotnet publish -c Debug -o bin/direct"),
        ("--urls http://0.0.0.0:80", "dotnet bin/direct/Api.dll --urls http://0.0.0.0:80",
         "RUN dotnet publish -c Debug -o bin/direct"),
        ("--configuration=Release --no-restore -- --seed", "dotnet bin/direct/Api.dll --seed",
         "RUN dotnet publish -c Release -o bin/direct"),
        ("--project Api.csproj -c Release", "dotnet bin/direct/Api.dll",
         "RUN dotnet publish Api.csproj -c Release -o bin/direct"),
    ],
)  # fmt: skip
def test_the_published_program_with_the_same_arguments(tmp_path: Path, words: str, command: str, build: str) -> None:
    found = direct(tmp_path, words)
    assert " ".join(found.rewordings[0].words) == command
    assert found.builds == (build,)


def test_a_program_of_another_folder_runs_where_it_is_called(tmp_path: Path) -> None:
    files = {"Api.csproj": "", "tool/tool.csproj": CONSOLE, "tool/Program.cs": "Console.WriteLine(1);\n"}
    assert "bin/direct/tool.dll" in direct(tmp_path, "--project tool", files).rewordings[0].words


@pytest.mark.parametrize(
    ("words", "entries", "given"),
    [
        ("", {"applicationUrl": "http://localhost:5001"}, ("env", "ASPNETCORE_URLS=http://localhost:5001")),
        ("", {"environmentVariables": {"Rates__USD": "2"}}, ("env", "Rates__USD=2")),
        ("--launch-profile http", {"launchBrowser": True}, ()),
        ("--no-launch-profile", {"applicationUrl": "http://localhost:5001"}, ()),
    ],
)
def test_variables_of_the_profile(
    tmp_path: Path, words: str, entries: dict[str, object], given: tuple[str, ...]
) -> None:
    """They have precedence over those of the container, as `dotnet run` has it."""
    found = direct(tmp_path, words, {SETTINGS: profile(**entries)})
    assert found.rewordings[0].words == (*given, "dotnet", "bin/direct/Api.dll")


def test_a_profile_that_is_not_in_the_image(tmp_path: Path) -> None:
    files = {SETTINGS: profile(applicationUrl="http://localhost:5001")}
    found = direct(tmp_path, "", files, "COPY Api.csproj Program.cs ./")
    assert found.rewordings[0].words == ("dotnet", "bin/direct/Api.dll")


@pytest.mark.parametrize(
    ("words", "files", "says"),
    [
        ("-r linux-x64", {}, "its words"),
        ("--framework net8.0", {}, "its words"),
        ("--project other", {}, "not in the build context"),
        ("", {"Other.csproj": WEB.format("")}, "not in the build context"),
        ("", {"Api.csproj": WEB.format("<RuntimeIdentifier>linux-x64</RuntimeIdentifier>")}, "RuntimeIdentifier"),
        ("", {"Api.csproj": WEB.format("").replace("</Project>", "<Target Name='x'/></Project>")}, "<Target"),
        ("", {"Directory.Build.props": "<Project><PropertyGroup><OutputPath>x</OutputPath></PropertyGroup></Project>"},
         "OutputPath"),
        ("", {"Api.csproj": WEB.replace(".Web", "").format("")}, "makes no program"),
        ("", {"Api.csproj": WEB.replace(".Web", ".BlazorWebAssembly").format("")}, "SDK of its project"),
        ("--project web", {"Api.csproj": "", "web/web.csproj": WEB.format("")}, "SDK of its project"),
        ("", {"Program.cs": "app.UseStaticFiles();\n"}, "UseStaticFiles"),
        ("", {"Program.cs": "var x = AppContext.BaseDirectory;\n"}, "BaseDirectory"),
        ("", {"wwwroot/site.css": ""}, "wwwroot"),
        ("", {"Pages/Index.razor": ""}, "components"),
        ("", {SETTINGS: profile(commandLineArgs="--x")}, "commandLineArgs"),
        ("", {SETTINGS: profile(applicationUrl="https://localhost:5001")}, "certificate"),
        ("", {SETTINGS: profile(environmentVariables={"DOTNET_A": "%PATH%"})}, "not plain"),
        ("--launch-profile x", {SETTINGS: profile()}, "no profile"),
        ("", {SETTINGS: "{ // said\n}"}, "cannot be read"),
    ],
)  # fmt: skip
def test_what_stands_against_it(tmp_path: Path, words: str, files: dict[str, str], says: str) -> None:
    with pytest.raises(NoDirectStartError) as raised:
        direct(tmp_path, words, files)
    assert says in str(raised.value)
