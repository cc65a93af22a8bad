const { execFile } = require('child_process');
const path = require('path');
const express = require('express');

const app = express();

app.get('/', (_request, response) => {
  execFile(path.join(__dirname, 'scripts', 'describe.sh'), (error, output) => {
    response.status(error ? 500 : 200).send(error ? error.message : output);
  });
});

app.listen(3000);
