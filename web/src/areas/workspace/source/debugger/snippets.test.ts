import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parse } from './json'
import { asSent, js, single, snippet } from './snippets'

const target = { host: 'https://events.acme.example', writeKey: 'KEY' }
const message = parse(
  '{"type":"track","userId":"o\'neil","event":"Order \\"X\\"","messageId":"m","timestamp":"2026-11-29T12:00:00.000Z","originalTimestamp":"2026-11-29T12:00:00.000Z","sentAt":"2026-11-29T12:00:00.000Z","properties":{"total":12345678901234567890.50,"a-b":true,"none":null,"list":[1.0]},"context":{"ip":"127.0.0.1","library":{"name":"x"}},"integrations":{},"receivedAt":"2026-11-29T12:00:00.000Z","projectId":"src_1","version":2}',
)!

describe('the call behind a message', () => {
  it('has only what its sender wrote', () => {
    expect(asSent(message).text).toBe(
      '{"type":"track","userId":"o\'neil","event":"Order \\"X\\"","properties":{"total":12345678901234567890.50,"a-b":true,"none":null,"list":[1.0]}}',
    )
    const kept = asSent(
      parse('{"type":"page","context":{"ip":"1","locale":"de"},"integrations":{"All":false}}')!,
    )
    expect(kept.text).toBe('{"type":"page","context":{"locale":"de"},"integrations":{"All":false}}')
  })

  it('is a cURL that a shell takes, with the body as it was', () => {
    const text = snippet('cURL', message, target)!
    expect(text).toContain('12345678901234567890.50')
    // A shell reads it: the words come out as they went in.
    const { stdout, status } = spawnSync('sh', ['-c', text.replace(/^curl/, "printf '%s\\n'")], {
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    const [address, , key, , , , ...body] = stdout.split('\n')
    expect([address, key]).toEqual(['https://events.acme.example/v1/track', 'KEY:'])
    expect(JSON.parse(body.join('\n'))).toEqual({
      userId: "o'neil",
      event: 'Order "X"',
      properties: { total: Number('12345678901234567890.5'), 'a-b': true, none: null, list: [1] },
    })
  })

  it('is a call of the Node library, in JavaScript that says the same', () => {
    const text = snippet('Node', message, target)!
    expect(text).toContain("new Analytics({ writeKey: 'KEY', host: 'https://events.acme.example' })")
    const [, literal] = /analytics\.track\(([\s\S]*)\)\nawait/.exec(text)!
    expect(new Function(`return ${literal}`)()).toEqual({
      userId: "o'neil",
      event: 'Order "X"',
      properties: { total: Number('12345678901234567890.5'), 'a-b': true, none: null, list: [1] },
    })
  })

  it('is a call of the browser with its arguments in order', () => {
    const page = (more: string) => snippet('Browser', parse(`{"type":"page",${more}}`)!, target)
    expect(page('"name":"Home"')).toBe("analytics.page('Home')")
    expect(page('"name":"Home","category":"Shop"')).toBe("analytics.page('Shop', 'Home')")
    expect(page('"name":"Home","integrations":{"All":false}')).toBe(
      "analytics.page('Home', {}, {\n  integrations: {\n    All: false,\n  },\n})",
    )
    expect(snippet('Browser', parse('{"type":"identify","userId":"u","traits":{"a":1}}')!, target)).toBe(
      "analytics.identify('u', {\n  a: 1,\n})",
    )
    expect(snippet('Browser', message, target)).toMatch(
      /^\/\/ .*identify\('o\\'neil'\)\nanalytics\.track\('Order "X"', \{/,
    )
  })

  it("is Python in Python's words", () => {
    const text = snippet('Python', message, target)!
    expect(text).toContain('user_id="o\'neil"')
    expect(text).toContain('"a-b": True')
    expect(text).toContain('"none": None')
    expect(text).toContain('12345678901234567890.50')
  })

  it('is Rust with the body as a raw string, whatever it holds', () => {
    const text = snippet('Rust', parse('{"type":"track","event":"a\\"# b","userId":"u"}')!, target)!
    expect(text).toContain('/v1/track')
    expect(text).toContain('.body(r##"{')
  })

  it('knows that a batch is no single call', () => {
    const batch = parse('{"batch":[{"type":"track"}]}')!
    expect(snippet('cURL', batch, target)).toContain('/v1/batch')
    expect(snippet('Node', batch, target)).toBeNull()
  })
})

describe('texts in JavaScript', () => {
  it.each(["it's", 'say "x"', 'back\\slash"', 'line\nbreak', "\\'", '</script>', '\u2028'])('%j', (text) => {
    expect(new Function(`return ${single(text)}`)()).toBe(text)
  })
  it('keep a member that is called __proto__', () => {
    const made = new Function(`return ${js(parse('{"__proto__":{"a":1}}')!)}`)()
    expect(Object.keys(made)).toEqual(['__proto__'])
  })
})
