const { execFileSync } = require('child_process');
const express = require('express');

const app = express();

app.get('/', (req, res) => res.send(execFileSync('python3', ['render.py', '*two languages*'])));

app.listen(3000);
