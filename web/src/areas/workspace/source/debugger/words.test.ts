import { describe, expect, it } from 'vitest'
import { type Filter, narrowBy, narrowed, parseWords, toQuery, writeWords } from './words'

describe('filter words', () => {
  it('are read by key; the rest is looked for', () => {
    expect(parseWords('type:track,page event:"Order Completed" user:u_1 o-42 shoes')).toEqual({
      type: ['track', 'page'],
      verdict: [],
      event: 'Order Completed',
      user: 'u_1',
      text: 'o-42 shoes',
    })
  })

  it('are text when the key or the value is not known', () => {
    expect(parseWords('https://shop.example/x').text).toBe('https://shop.example/x')
    expect(parseWords('type:nonsense')).toEqual({ type: [], verdict: [], text: 'type:nonsense' })
    expect(parseWords('user:')).toMatchObject({ text: 'user:' })
  })

  it('take an unfinished quote', () => {
    expect(parseWords('event:"Order Com').event).toBe('Order Com')
    expect(parseWords('"').text).toBeUndefined()
  })

  const filters: Filter[] = [
    { type: [], verdict: [] },
    { type: ['track'], verdict: ['refused', 'duplicate'], text: 'two words' },
    { type: [], verdict: [], event: 'A "quoted" \\ name', user: 'mia@acme.example' },
    { type: [], verdict: [], text: '"plan": "pro"' },
    { type: [], verdict: [], text: 'type:track' },
    { type: [], verdict: [], text: '  spaced  out ' },
    { type: [], verdict: [], id: 'm-1', anon: 'a', reason: 'event_not_string' },
  ]
  it.each(filters)('come back as they were written: %o', (filter) => {
    const read = parseWords(writeWords(filter))
    expect(read).toEqual(filter.text ? { ...filter, text: filter.text.trim() } : filter)
  })

  it('become the parameters of the API', () => {
    expect(toQuery(parseWords('type:track user:u anon:a id:m reason:r verdict:refused event:E x'))).toEqual({
      type: 'track',
      verdict: 'refused',
      user_id: 'u',
      anonymous_id: 'a',
      message_id: 'm',
      code: 'r',
      event: 'E',
      text: 'x',
    })
    expect(narrowed(parseWords('type:track user:u x'))).toBe(2)
  })

  it('ask for the beginning of a text that is too long for the API', () => {
    const { text } = toQuery({ type: [], verdict: [], text: 'é'.repeat(2_000) })
    expect(text).toMatch(/^é+$/)
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(1_024)
    expect(text!.length).toBeGreaterThan(400)
  })

  it('are narrowed by a value of the payload', () => {
    expect(narrowBy('type:track', '/userId', 'u 1', '"userId":"u 1"')).toBe('type:track user:"u 1"')
    expect(narrowBy('', '/properties/plan', 'pro', '"plan": "pro"')).toBe('text:"\\"plan\\": \\"pro\\""')
    expect(narrowBy('verdict:accepted', '/type', 'page', '"type":"page"')).toBe('type:page verdict:accepted')
  })
})
