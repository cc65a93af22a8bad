import express from 'express';
import swaggerJsdoc from 'swagger-jsdoc';
import { greetings } from './routes/greetings';

const documentation = swaggerJsdoc({
  definition: { openapi: '3.0.0', info: { title: 'Greetings', version: '1.0.0' } },
  apis: ['./src/routes/*.ts'],
});

const app = express();
app.use(greetings);
app.get('/docs.json', (_request, response) => {
  response.json(documentation);
});
app.listen(3000);
