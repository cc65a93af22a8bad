import express from 'express';

const app = express();
app.set('trust proxy', Number(process.env.TRUST_PROXY ?? 0));

app.get('/', (_req, res) => {
  res.send(`running in ${app.get('env')}`);
});

app.listen(3000);
