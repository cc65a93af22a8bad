import fastify from 'fastify';
import { fahrenheit } from '@station/units';

const app = fastify();
app.get('/now', async () => ({ celsius: 12, fahrenheit: fahrenheit(12) }));
app.listen({ host: '0.0.0.0', port: 4000 }).catch((error) => {
  console.error(error);
});
