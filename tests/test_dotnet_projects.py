"""Projects of .NET: what they inherit from other files, and where their builds leave what they make."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor.context import BuildContext
from dockrefactor.toolchains import dotnet_inherited, dotnet_projects
from dockrefactor.toolchains.dotnet_files import Project

CONSOLE = "<OutputType>Exe</OutputType><TargetFramework>net8.0</TargetFramework>"


def read(where: Path, path: str, **files: str) -> Project:
    """The project at `path` beside these files; dots of their names are written `__`, slashes `___`."""
    for name, body in files.items():
        file = where / name.replace("___", "/").replace("__", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        sdk = ' Sdk="Microsoft.NET.Sdk"' if file.suffix == ".csproj" else ""
        file.write_text(f"<Project{sdk}>{body}</Project>", encoding="utf-8")
    found = dotnet_projects.read(BuildContext(where), path)
    assert found is not None
    return found


def group(text: str, condition: str = "") -> str:
    return f"<PropertyGroup{f' Condition={condition!r}' if condition else ''}>{text}</PropertyGroup>"


def test_its_own_lines_come_after_those_before_and_before_those_after(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "src/Api.csproj",
        Directory__Build__props=group("<AssemblyName>Before</AssemblyName><A>1</A>"),
        src___Api__csproj=group(f"{CONSOLE}<AssemblyName>$(AssemblyName).Own</AssemblyName><B>1</B>"),
        Directory__Build__targets=group("<B>2</B>"),
    )
    assert found.assembly == "Before.Own"
    assert (found.properties["A"], found.properties["B"]) == ("1", "2")


def test_only_the_nearest_file_counts(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "src/Api.csproj",
        Directory__Build__props=group("<AssemblyName>Far</AssemblyName>"),
        src___Directory__Build__props=group("<Company>Acme</Company>"),
        src___Api__csproj=group(CONSOLE),
    )
    assert found.assembly == "Api"


def test_a_file_may_import_that_of_the_same_name_above(tmp_path: Path) -> None:
    above = "$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))"
    found = read(
        tmp_path,
        "src/Api.csproj",
        Directory__Build__props=group("<Prefix>Acme</Prefix>"),
        src___Directory__Build__props=f'<Import Project="{above}" />'
        + group("<AssemblyName>$(Prefix).$(MSBuildProjectName)</AssemblyName>"),
        src___Api__csproj=group(CONSOLE),
    )
    assert found.assembly == "Acme.Api"
    assert not found.open_ended


def test_what_is_set_on_a_condition_is_not_told(tmp_path: Path) -> None:
    props = group("<AssemblyName>Other</AssemblyName>", "'$(CI)' == 'true'")
    found = read(tmp_path, "Api.csproj", Directory__Build__props=props, Api__csproj=group(CONSOLE))
    assert found.assembly is None


def test_an_import_that_is_computed_leaves_it_open(tmp_path: Path) -> None:
    props = '<Import Project="$(Shared)/names.props" />'
    found = read(tmp_path, "Api.csproj", Directory__Build__props=props, Api__csproj=group(CONSOLE))
    assert found.open_ended
    assert dotnet_projects.needs_aspnet(BuildContext(tmp_path), found)


def test_packages_and_frameworks_are_inherited(tmp_path: Path) -> None:
    props = (
        '<ItemGroup><PackageReference Include="Dapper" /><FrameworkReference Include="Microsoft.AspNetCore.App" />'
        "</ItemGroup>"
    )
    found = read(tmp_path, "a/Api.csproj", Directory__Build__props=props, a___Api__csproj=group(CONSOLE))
    assert found.packages == ("Dapper",)
    assert dotnet_projects.needs_aspnet(BuildContext(tmp_path), found)


@pytest.mark.parametrize(
    ("written", "folders"),
    [
        ("<Company>Acme</Company>", ("bin", "obj")),
        ("<BaseOutputPath>$(MSBuildThisFileDirectory)out/</BaseOutputPath>", ("bin", "obj", "../out")),
        (r"<OutputPath>..\..\build\$(Configuration)\</OutputPath>", ("bin", "obj", "../../build")),
        ("<OutDir>/out</OutDir>", ("bin", "obj", "/out")),
        ("<UseArtifactsOutput>true</UseArtifactsOutput>", ("bin", "obj", "../artifacts")),
        ("<OutputPath>$(SolutionDir)</OutputPath>", None),
    ],
)
def test_where_a_build_leaves_what_it_makes(tmp_path: Path, written: str, folders: tuple[str, ...] | None) -> None:
    found = read(tmp_path, "a/Api.csproj", Directory__Build__props=group(written), a___Api__csproj=group(CONSOLE))
    assert dotnet_inherited.outputs(found, {}, restored=False) == folders


@pytest.mark.parametrize(
    ("framework", "copies"), [("netcoreapp2.1", False), ("netcoreapp3.1", True), ("net8.0", True), ("$(Any)", False)]
)
def test_packages_are_copied_to_what_is_built_since_three(tmp_path: Path, framework: str, copies: bool) -> None:
    found = read(tmp_path, "Api.csproj", Api__csproj=group(f"<TargetFramework>{framework}</TargetFramework>"))
    assert dotnet_projects.copies_packages(found) is copies


def test_what_a_build_executes_is_known_by_its_first_words(tmp_path: Path) -> None:
    run = '<Target Name="Site"><Exec Command="{}" /></Target>'
    found = read(
        tmp_path,
        "Api.csproj",
        Directory__Build__targets=run.format("$(Npm) run build"),
        Api__csproj=group(CONSOLE) + run.format("cd Site &amp;&amp; npm ci; ./make.sh"),
    )
    assert found.commands == ("cd", "npm", "./make.sh", "$(Npm)")
