import { Router } from 'express';

export const greetings = Router();

/**
 * @openapi
 * /greetings:
 *   get:
 *     summary: Says hello in plain words
 *     responses:
 *       200:
 *         description: A greeting
 */
greetings.get('/greetings', (_request, response) => {
  response.send('hello');
});
