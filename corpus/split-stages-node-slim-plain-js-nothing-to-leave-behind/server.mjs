import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => ({ pong: true }));

await app.listen({ port: 3000, host: process.env.HOST });
