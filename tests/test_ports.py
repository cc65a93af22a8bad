"""Ports that variables and settings files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockrefactor import document
from dockrefactor.context import BuildContext
from dockrefactor.facts import Facts, Options
from dockrefactor.outcome import Outcome, Refusal
from dockrefactor.toolchains import TOOLCHAINS
from dockrefactor_transforms import add_user

LISTENS = "require('http').createServer((q, r) => r.end('x')).listen(process.env.PORT);\n"
EXPRESS = "const app = require('express')();\n"


def _user(
    folder: Path, files: dict[str, str], command: str = '["node", "server.js"]', environment: str = ""
) -> Outcome:
    files = {"package.json": '{"scripts": {"start": "node server.js"}}', "server.js": LISTENS, **files}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    text = f"FROM node:22\n{environment}WORKDIR /app\nCOPY . .\nRUN npm install\nCMD {command}\n"
    return add_user.run(Facts(document.read(text), BuildContext(folder), TOOLCHAINS, Options(), "Dockerfile"))


LOW = {
    "a file of variables": {".env": "NAME=x\nPORT=80\n"},
    "a variable of compose": {"compose.yml": "services:\n  web:\n    build: .\n    environment:\n      - PORT=80\n"},
    "a default of compose": {
        "compose.yml": "services:\n  web: {build: ., environment: {HTTP_PORT: '${WEB_PORT:-80}'}}\n"
    },
    "a file of compose": {
        "compose.yml": "services:\n  web: {build: ., env_file: [deploy/web.env]}\n",
        "deploy/web.env": "export PORT='80'\n",
    },
    "a variable of a manifest": {
        "k8s/web.yaml": "spec:\n  containers:\n  - image: shop\n    env: [{name: PORT, value: '80'}]\n",
        "Makefile": "build:\n\tdocker build -t shop .\n",
    },
    "a script of the package": {"package.json": '{"scripts": {"start": "PORT=80 node server.js"}}'},
    "settings in JSON": {
        "config/default.json": '{"server": {"port": 80}}',
        "server.js": EXPRESS + "app.listen(require('config').get('server.port'));\n",
    },
    "settings in YAML": {
        "config/default.yaml": "server:\n  port: 80\n",
        "server.js": EXPRESS + "app.listen(require('config').get('server.port'));\n",
    },
    "a module of settings": {
        "config.js": "module.exports = { port: process.env.PORT || 80, db: { port: 5432 } };\n",
        "server.js": EXPRESS + "app.listen(require('./config').port);\n",
    },
    "a schema of settings": {
        "env.js": "const schema = { PORT: Joi.number()\n    .default(80),\n  SMTP_PORT: 25 };\n",
        "server.js": EXPRESS + "app.listen(env.PORT);\n",
    },
    "a setting's default": {"server.js": "app.listen(configService.get('PORT', 80));\n"},
    "an object that is served": {"server.js": "export default { port: 80, fetch(r) { return new Response('x') } }\n"},
}


@pytest.mark.parametrize("name", LOW)
def test_a_low_port_keeps_an_image_from_a_user(name: str, tmp_path: Path) -> None:
    command = '["npm", "start"]' if "package" in name else '["node", "server.js"]'
    outcome = _user(tmp_path, LOW[name], command)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is add_user.Reasons.PRIVILEGED_PORT


OTHER = {
    "of servers that it talks to": {
        ".env": "SMTP_PORT=587\nMAIL_PORT=25\nPORT=3000\n",
        "config/default.json": '{"port": 3000, "smtp": {"port": 80}, "mail": {"port": 465}}',
    },
    "of a request": {
        "client.js": "https.request({ hostname: 'api.example.com', port: 443, path: '/v1' });\n",
    },
    "that no call waits for": {
        "server.js": EXPRESS + "app.listen(3000);\n",
        "config.js": "module.exports = { port: 80 };\n",
    },
    "of another container": {
        "compose.yml": "services:\n  web: {build: .}\n  proxy: {image: nginx, environment: {PORT: 80}}\n"
    },
}


@pytest.mark.parametrize("name", OTHER)
def test_other_ports_do_not(name: str, tmp_path: Path) -> None:
    assert not isinstance(_user(tmp_path, OTHER[name]), Refusal)


def test_a_default_that_the_image_s_variable_replaces_is_none(tmp_path: Path) -> None:
    files = {"server.js": EXPRESS + "app.listen(require('./config').port);\n"}
    files["config.js"] = "module.exports = { port: process.env.PORT || 80 };\n"
    environment = "ENV PORT=8000\n"
    assert not isinstance(_user(tmp_path, files, environment=environment), Refusal)
    assert isinstance(_user(tmp_path, files, environment=environment.replace("8000", "81")), Refusal)


@pytest.mark.parametrize("said", ["privileged: true", "cap_add: [NET_ADMIN]", "devices: ['/dev/ttyUSB0:/dev/ttyUSB0']"])
def test_a_container_that_is_given_what_root_uses_keeps_root(said: str, tmp_path: Path) -> None:
    outcome = _user(tmp_path, {"compose.yml": f"services:\n  web:\n    build: .\n    {said}\n"})
    assert isinstance(outcome, Refusal)
    assert outcome.reason is add_user.Reasons.NEEDS_ROOT
