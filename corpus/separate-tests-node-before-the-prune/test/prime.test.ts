import assert from 'node:assert';
import { test } from 'node:test';
import { isPrime } from '../src/prime';

test('97 is prime', () => assert.ok(isPrime(97)));
test('91 is not', () => assert.ok(!isPrime(91)));
