"""What command lines of yum, dnf, microdnf and rpm do, and how an install of theirs is typed again."""

from __future__ import annotations

import pytest

from dockrefactor import commands, rpm_managers, shell
from dockrefactor.effects import Effects, Kind
from dockrefactor.shell import Command


def command(line: str) -> Command:
    return shell.parse(line).commands[0]


def effects(line: str) -> Effects:
    return commands.of_command(command(line), "/")


@pytest.mark.parametrize(
    ("line", "packages"),
    [
        ("yum install -y gcc make", "gcc make"),
        ("yum -y install gcc", "gcc"),
        ("dnf -q --setopt=install_weak_deps=False --nodocs -y install python3", "python3"),
        ("dnf install --enablerepo crb -y ninja-build", "ninja-build"),
        ("dnf install nodejs -y", "nodejs"),
        ("microdnf install -y --nodocs shadow-utils", "shadow-utils"),
        ("tdnf install -y tar", "tar"),
        ("sudo dnf install -y golang", "golang"),
        ('yum groupinstall -y "Development Tools"', "Development Tools"),
        ("dnf group install -y development", "development"),
        ("dnf install -y @development-tools", "@development-tools"),
        ("dnf module install -y nodejs:20", "nodejs:20"),
        ("amazon-linux-extras install -y nginx1", "nginx1"),
        (
            "yum install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-7.noarch.rpm",
            "https://dl.fedoraproject.org/pub/epel/epel-release-latest-7.noarch.rpm",
        ),
    ],
)
def test_installs(line: str, packages: str) -> None:
    found = effects(line)
    assert found.kind is Kind.OS_INSTALL
    assert " ".join(word.text for word in found.os_packages) == packages


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("yum update -y", Kind.OS_INSTALL),
        ("dnf -y upgrade", Kind.OS_INSTALL),
        ("dnf swap -y curl-minimal curl", Kind.OS_INSTALL),
        ("yum clean all", Kind.OS_CLEAN),
        ("dnf makecache", Kind.OS_UPDATE),
        ("yum check-update", Kind.QUERY),
        ("dnf remove -y gcc", Kind.OS_REMOVE),
        ("yum autoremove -y gcc", Kind.OS_REMOVE),
        ("dnf module enable -y nodejs:20", Kind.SYSTEM),
        ("dnf config-manager --set-enabled crb", Kind.SYSTEM),
        ("yum-config-manager --add-repo https://example.org/x.repo", Kind.SYSTEM),
        ("dnf module switch-to nodejs:20", Kind.UNKNOWN),
        ("yum install -y https://example.org/tool.rpm", Kind.UNKNOWN),
        ("yum localinstall -y tool.rpm", Kind.UNKNOWN),
        ("dnf install -y ./tool.rpm", Kind.UNKNOWN),
        ("dnf --installroot /rootfs install -y bash", Kind.UNKNOWN),
        ("dnf install --downloadonly bash", Kind.UNKNOWN),
        ("yum-builddep -y tool.spec", Kind.UNKNOWN),
        ("rpm -qa", Kind.QUERY),
        ("rpm --import https://example.org/key", Kind.SYSTEM),
        ("rpm -e --nodeps tzdata", Kind.OS_REMOVE),
        ("rpm -Uvh https://rpms.remirepo.net/enterprise/remi-release-8.rpm", Kind.SYSTEM),
        ("rpm -ivh https://example.org/tool.rpm", Kind.UNKNOWN),
        ("rpm -i tool.rpm", Kind.UNKNOWN),
        ("rpm --root /mnt -e bash", Kind.UNKNOWN),
        ("update-ca-trust", Kind.SYSTEM),
        ("amazon-linux-extras enable python3.8", Kind.SYSTEM),
    ],
)
def test_other_commands(line: str, kind: Kind) -> None:
    assert effects(line).kind is kind


@pytest.mark.parametrize(
    ("line", "plain", "chooses"),
    [
        ("yum install -y --nodocs --setopt=tsflags=nodocs gcc", True, False),
        ("dnf -y --setopt install_weak_deps=False install gcc", True, False),
        ("dnf install -y --enablerepo=crb gcc", True, True),
        ("dnf install -y --disablerepo epel gcc", True, True),
        ("dnf install -y @development", False, False),
        ("dnf groupinstall -y development", False, False),
        ("dnf module install -y nodejs:20", False, False),
        ("amazon-linux-extras install -y nginx1", False, False),
    ],
)
def test_what_an_install_of_our_own_may_stand_for(line: str, plain: bool, chooses: bool) -> None:
    assert rpm_managers.is_plain_install(command(line)) is plain
    assert rpm_managers.chooses(command(line)) is chooses
