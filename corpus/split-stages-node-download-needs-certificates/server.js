const express = require('express');
const { execFileSync } = require('child_process');

const app = express();

app.get('/', (req, res) => res.send(execFileSync('protoc', ['--version'])));

app.listen(3000);
