import { expect, test } from 'vitest'
import { message, SNIPPETS } from './snippets'

const sample = { host: 'https://cdp.example', writeKey: 'KEY123', event: 'Test Event', userId: 'user_1' }

test('every snippet names the host, the key, the event and the user', () => {
  for (const { label, code } of SNIPPETS) {
    const text = code(sample)
    for (const part of Object.values(sample)) expect(text, label).toContain(part)
    expect(text, label).not.toContain('undefined')
    expect(text, label).not.toContain('integration')
  }
})

test('of a cloud source every snippet names the integration', () => {
  for (const { label, code } of SNIPPETS) {
    const text = code({ ...sample, integration: 'acme-mail' })
    expect(text, label).toMatch(/integration[\s\S]*acme-mail/)
  }
})

test('what curl sends is the JSON of the message', () => {
  const given = { ...sample, integration: 'acme-mail' }
  const body = /-d '(.*)'$/.exec(SNIPPETS[0]!.code(given))?.[1]
  expect(JSON.parse(body!)).toEqual(message(given))
})
