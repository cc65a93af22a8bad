import Fastify from 'fastify';

const app = Fastify({ logger: true });

app.get('/', async () => ({ euro: 1.08 }));

app.listen({ port: Number(process.env.PORT ?? 4000), host: '0.0.0.0' });
