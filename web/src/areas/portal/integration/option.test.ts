import { describe, expect, it } from 'vitest'
import { camelCase, defaultOf, textOf } from './option'

describe('a setup field', () => {
  it('gets its key from its label', () => {
    expect(camelCase('API key')).toBe('apiKey')
    expect(camelCase('Région de l’envoi')).toBe('regionDeLEnvoi')
    expect(camelCase('2 Factor')).toBe('factor')
    expect(camelCase('')).toBe('')
  })
  it('reads a default by its type', () => {
    expect(defaultOf('string', 'true')).toBe('true')
    expect(defaultOf('boolean', 'true')).toBe(true)
    expect(defaultOf('number', '12')).toBe(12)
    expect(defaultOf('array', '["a"]')).toEqual(['a'])
    expect(defaultOf('number', ' ')).toBeUndefined()
    expect(defaultOf('number', 'twelve')).toBeInstanceOf(Error)
    expect(textOf(['a'])).toBe('["a"]')
    expect(textOf(null)).toBe('')
  })
})
