import { describe, expect, test } from 'vitest'
import {
  emptySchema,
  pathOf,
  pathText,
  propertiesOf,
  readSchema,
  ruleId,
  type Schema,
  titleOf,
  withoutProperty,
  withProperty,
} from './rule'

const schema: Schema = {
  type: 'object',
  properties: {
    properties: {
      type: 'object',
      required: ['order_id'],
      properties: {
        order_id: { type: 'string', pattern: '^o-', 'x-ours': 1 },
        total: { type: ['number', 'null'], description: 'What is paid' },
        at: { type: 'string', format: 'date-time' },
        products: {
          type: 'array',
          items: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } },
        },
        'a.b': { enum: ['x', 1] },
      },
    },
  },
}
const property = (path: string) => ({
  path: pathOf(path),
  types: ['string'],
  required: true,
  values: [],
  pattern: '',
  description: '',
})

describe('reading a rule', () => {
  test('every property is a line, nested ones behind what holds them', () => {
    const lines = propertiesOf('TRACK', schema)
    expect(lines.map(({ path, types, required }) => [pathText(path), types, required])).toEqual([
      ['order_id', ['string'], true],
      ['total', ['number', 'null'], false],
      ['at', ['date time'], false],
      ['products', ['array'], false],
      ['products.$', ['object'], false],
      ['products.$.sku', ['string'], true],
      ['a\\.b', [], false],
    ])
    expect(lines.at(-1)?.values).toEqual(['x', '1'])
  })
  test('traits of an identify call, and any field of a rule for every message', () => {
    const traits = { properties: { traits: { properties: { plan: { type: 'string' } } } } }
    expect(propertiesOf('IDENTIFY', traits).map(({ path }) => path)).toEqual([['plan']])
    expect(propertiesOf('COMMON', traits).map(({ path }) => pathText(path))).toEqual([
      'traits',
      'traits.plan',
    ])
  })
  test('paths are read as they are written', () => {
    expect(pathOf('products.$.a\\.b')).toEqual(['products', '$', 'a.b'])
    expect(pathText(['products', '$', 'a.b'])).toBe('products.$.a\\.b')
  })
})

describe('changing a rule', () => {
  test('a property takes what the form says and keeps its other keywords', () => {
    const next = withProperty('TRACK', schema, { ...property('order_id'), values: ['o-1'], required: false })
    expect(next).toMatchObject({
      properties: {
        properties: { properties: { order_id: { type: 'string', enum: ['o-1'], 'x-ours': 1 } } },
      },
    })
    expect(JSON.stringify(next)).not.toContain('pattern')
    expect(JSON.stringify(next)).not.toContain('"required":["order_id"]')
    expect(schema).toMatchObject({ properties: { properties: { required: ['order_id'] } } })
  })
  test('what is missing on the way is made', () => {
    const next = withProperty('TRACK', emptySchema('TRACK'), property('products.$.sku'))
    expect(next).toMatchObject({
      properties: {
        properties: {
          type: 'object',
          properties: {
            products: {
              type: 'array',
              items: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } },
            },
          },
        },
      },
    })
  })
  test('permitted values of a number are numbers', () => {
    const next = withProperty('IDENTIFY', emptySchema('IDENTIFY'), {
      ...property('age'),
      types: ['integer', 'null'],
      values: ['1', 'null', 'x'],
    })
    expect(propertiesOf('IDENTIFY', next)[0]?.values).toEqual(['1', 'null', 'x'])
    expect(next).toMatchObject({ properties: { traits: { properties: { age: { enum: [1, null, 'x'] } } } } })
  })
  test('a removed property is required no more', () => {
    const next = withoutProperty('TRACK', schema, ['order_id'])
    expect(propertiesOf('TRACK', next).map(({ path }) => pathText(path))).not.toContain('order_id')
    expect(JSON.stringify(next)).not.toContain('order_id')
  })
})

test('rules are named for people and for addresses', () => {
  const rule = { type: 'TRACK', key: 'Order Completed', version: 2 }
  expect([titleOf(rule), ruleId(rule)]).toEqual(['Order Completed', 'TRACK 2 Order Completed'])
  expect([titleOf({ type: 'IDENTIFY', version: 1 }), ruleId({ type: 'IDENTIFY', version: 1 })]).toEqual([
    'Identify calls',
    'IDENTIFY 1',
  ])
})

test('a schema that was typed has to be an object', () => {
  expect(readSchema('{"type":"object"}')).toEqual({ schema: { type: 'object' } })
  expect(readSchema('[]')).toHaveProperty('problem')
  expect(readSchema('{')).toHaveProperty('problem')
})
