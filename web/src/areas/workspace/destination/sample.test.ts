import { describe, expect, it } from 'vitest'
import { faithful, messageOf, readable, SAMPLES, sampleText } from './sample'

describe('a message that was typed', () => {
  it('is an object, and anything else says what is wrong', () => {
    expect(messageOf('{"type":"track"}')).toEqual({ message: { type: 'track' } })
    expect(messageOf('[]')).toHaveProperty('fault')
    expect(messageOf('null')).toHaveProperty('fault')
    expect(messageOf('{"type":')).toHaveProperty('fault')
  })
  it('begins with a sample of its kind', () => {
    for (const kind of Object.keys(SAMPLES)) {
      expect(messageOf(sampleText(kind))).toMatchObject({ message: { type: kind } })
    }
  })
})

describe('a body', () => {
  it('gets lines when it is JSON, and stays as it came otherwise', () => {
    expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}')
    expect(readable('<p>no</p>')).toBe('<p>no</p>')
  })

  it('stays as it came where lines would change more than lines', () => {
    expect(faithful('{"a":1}')).toBe('{\n  "a": 1\n}')
    expect(faithful('{"a":1.10}')).toBe('{"a":1.10}')
    expect(faithful('{"a":12345678901234567890}')).toBe('{"a":12345678901234567890}')
    expect(faithful('{"a"')).toBe('{"a"')
  })
})
