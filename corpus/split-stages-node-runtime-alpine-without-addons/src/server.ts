import fastify from "fastify";

const rates: Record<string, number> = { EUR: 1, USD: 1.08, CHF: 0.95 };
const app = fastify();

app.get("/", async () => ({ base: "EUR", rates }));

app.listen({ port: Number(process.env.PORT ?? 3000), host: "0.0.0.0" });
