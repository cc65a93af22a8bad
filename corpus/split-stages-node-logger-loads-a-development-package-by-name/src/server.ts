import Fastify from "fastify";

// logs are for people, unless a platform collects them
const pretty = process.env.NODE_ENV === "production" ? undefined : { target: "pino-pretty" };
const app = Fastify({ logger: { transport: pretty } });

app.get("/", async () => "high water at 06:12\n");

await app.listen({ host: "0.0.0.0", port: 3000 });
