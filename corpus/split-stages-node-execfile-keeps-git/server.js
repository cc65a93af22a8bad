const { execFile } = require('child_process');
const express = require('express');

const app = express();

app.get('/check/:branch', (req, res) => {
  execFile('git', ['check-ref-format', '--branch', req.params.branch], (error, stdout) => {
    if (error) return res.status(400).send('bad name');
    res.send(`good name: ${stdout.trim()}`);
  });
});

app.listen(3000);
