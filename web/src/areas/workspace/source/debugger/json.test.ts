import { describe, expect, it } from 'vitest'
import { at, edited, find, lines, parse, pretty, raw, textAt, unquote } from './json'

const shown = (text: string, options = {}) =>
  lines(parse(text)!, options).map(
    (line) =>
      `${'  '.repeat(line.depth)}${line.key ? `${line.key}: ` : ''}${line.text}${line.comma ? ',' : ''}`,
  )

describe('a JSON text', () => {
  it('keeps every digit and the order of keys', () => {
    const text = '{"z":12345678901234567890.10,"a":1E400,"big":-0.0}'
    expect(shown(text)).toEqual([
      '{',
      '  "z": 12345678901234567890.10,',
      '  "a": 1E400,',
      '  "big": -0.0',
      '}',
    ])
  })

  it('is found whatever its white space and escapes are', () => {
    const json = parse(' { "a\\u0062" : [ true , null , "x\\"y" ] } ')!
    expect(raw(json, find(json, 'ab')!)).toBe('[ true , null , "x\\"y" ]')
    expect(raw(json, at(json, '/ab/2')!)).toBe('"x\\"y"')
    expect(unquote('"x\\"y"')).toBe('x"y')
  })

  it('sorts keys only when asked, at every depth, and changes no value', () => {
    const text = '{"b":{"d":1.0,"c":2},"a":[{"z":1,"y":2}]}'
    expect(shown(text, { sorted: true }).filter((line) => line.includes('"'))).toEqual([
      '  "a": [',
      '      "y": 2,',
      '      "z": 1',
      '  "b": {',
      '    "c": 2,',
      '    "d": 1.0',
    ])
  })

  it('folds by place, and says how much lies in it', () => {
    const folded = new Set(['/a'])
    expect(shown('{"a":{"x":1,"y":2},"b":[]}', { folded })).toEqual(['{', '  "a": {…},', '  "b": []', '}'])
    const line = lines(parse('{"a":{"x":1,"y":2}}')!, { folded })[1]
    expect(line).toMatchObject({ folded: true, size: 2, pointer: '/a' })
  })

  it('escapes what stands in a pointer', () => {
    const pointers = lines(parse('{"a/b":{"c~d":1}}')!).map((line) => line.pointer)
    expect(pointers).toContain('/a~1b/c~0d')
    const json = parse('{"a/b":{"c~d":1}}')!
    expect(raw(json, at(json, '/a~1b/c~0d')!)).toBe('1')
  })

  it('gives a member exactly as it was written, to be searched for', () => {
    const [, line] = lines(parse('{ "plan" :  "pro" }')!)
    expect(line?.written).toBe('"plan" :  "pro"')
  })

  it('is read as parsers do when a key comes twice', () => {
    const json = parse('{"a":1,"a":2}')!
    expect(textAt(json, 'a')).toBe('2')
    expect(shown('{"a":1,"a":2}')).toHaveLength(4)
  })

  it.each(['', '{', '{"a"}', '[1,]', '{"a":1}x', 'nul', '"a', '01x', '{a:1}'])('is none: %s', (text) => {
    expect(parse(text)).toBeNull()
  })

  it('takes deep nesting', () => {
    const text = `${'['.repeat(64)}${']'.repeat(64)}`
    expect(lines(parse(text)!)).toHaveLength(127)
  })

  it('loses and gains members without touching the others', () => {
    const json = parse('{"a":1.50,"drop":2,"id":"x"}')!
    expect(edited(json, new Set(['drop']), { id: '"y"', more: 'true' })).toBe(
      '{"a":1.50,"id":"y","more":true}',
    )
  })

  it('is indented with its scalars as they are', () => {
    expect(pretty(parse('{"a":[1.0,{}],"b":"\\u00e9"}')!)).toBe(
      '{\n  "a": [\n    1.0,\n    {}\n  ],\n  "b": "\\u00e9"\n}',
    )
  })
})
