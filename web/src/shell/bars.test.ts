import { expect, test } from 'vitest'
import { unencrypted } from './bars'

test.each([
  ['http:', 'headwater.example', true],
  ['http:', '192.168.1.20', true],
  ['http:', '127.example', true],
  ['https:', 'headwater.example', false],
  ['http:', 'localhost', false],
  ['http:', 'app.localhost', false],
  ['http:', '127.0.0.1', false],
  ['http:', '[::1]', false],
])('%s//%s', (protocol, hostname, said) => {
  expect(unencrypted({ protocol, hostname })).toBe(said)
})
