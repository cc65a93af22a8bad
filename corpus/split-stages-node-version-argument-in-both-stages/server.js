const express = require('express');

const app = express();

app.get('/', (req, res) => res.send(`node ${process.versions.node}`));

app.listen(3000);
