import { describe, expect, it } from 'vitest'
import { pathsOf } from './paths'
import { type Action, blankFor, draftOf, type Mapping, madeOf, makesInWords, rowOf, saidBy } from './words'

const field = (fieldKey: string, type: string, more: object = {}) => ({
  id: fieldKey,
  sortOrder: 0,
  fieldKey,
  label: fieldKey,
  type,
  description: '',
  required: false,
  multiple: false,
  dynamic: false,
  allowNull: false,
  ...more,
})
const post = {
  id: 'post',
  slug: 'post',
  name: 'Post message',
  description: '',
  platform: 'CLOUD',
  hidden: false,
  defaultTrigger: "type = 'track'",
  fields: [
    field('channel', 'STRING', { sortOrder: 1 }),
    field('text', 'STRING', { required: true, defaultValue: { '@template': '*{{event}}*' } }),
  ],
} as unknown as Action

describe('fields as they are typed', () => {
  it('come back as they were', () => {
    for (const value of [
      { '@path': '$.properties.order_id' },
      { '@path': '$.' },
      { '@template': '{{event}} of {{{userId}}}' },
      { '@case': { operator: 'lower', value: { '@path': '$.a' } } },
      { '@template': 'no braces' },
      'plain',
      'braces {{ that are no template }}',
      12,
      { a: [{ '@path': '$.b' }] },
    ]) {
      expect(madeOf(rowOf(value))).toEqual({ value })
    }
    expect(madeOf(rowOf(undefined))).toBeUndefined()
  })

  it('are chosen by what most people would type', () => {
    expect(rowOf({ '@path': '$.properties.total' })).toEqual({ way: 'path', typed: 'properties.total' })
    expect(rowOf({ '@template': 'by {{userId}}' })).toEqual({ way: 'text', typed: 'by {{userId}}' })
    expect(madeOf({ way: 'path', typed: '$.userId' })).toEqual({ value: { '@path': '$.userId' } })
  })

  it('are refused as JSON that is none, at the field', () => {
    const draft = { ...draftOf([post]), rows: { text: { way: 'json' as const, typed: '{' } } }
    expect(saidBy(draft).faults).toMatchObject([{ pointer: '/settings/text', code: 'invalid_json' }])
  })

  it('begin with what the catalog entry proposes, in its order', () => {
    expect(blankFor(post)).toEqual({
      action: 'post',
      trigger: "type = 'track'",
      rows: { text: { way: 'text', typed: '*{{event}}*' }, channel: { way: 'none', typed: '' } },
    })
    expect(saidBy(draftOf([post])).settings).toEqual({ text: { '@template': '*{{event}}*' } })
  })

  it('are told in a few words', () => {
    const settings = { text: { '@path': '$.event' }, channel: '#orders' }
    const mapping = { name: 'Orders', actionSlug: 'post', trigger: 'all', settings } as unknown as Mapping
    expect(draftOf([post], mapping).rows.channel).toEqual({ way: 'text', typed: '#orders' })
    expect(makesInWords(post.fields, settings)).toBe('channel: #orders; text: event')
  })
})

describe('paths', () => {
  it('are those of all messages, each with a value, what is picked most first', () => {
    const paths = pathsOf([
      {
        context: { ip: '203.0.113.1' },
        event: 'Order',
        properties: { 'a b': 1, products: [{ sku: 'A-1' }] },
      },
      { event: 'Other', userId: 'u', properties: { total: 9 } },
    ])
    expect(paths).toEqual([
      { path: 'event', example: 'Order' },
      { path: 'userId', example: 'u' },
      { path: 'properties', example: '{ … }' },
      { path: 'properties.products', example: '[ … ]' },
      { path: 'properties.products[0]', example: '{ … }' },
      { path: 'properties.products[0].sku', example: 'A-1' },
      { path: 'properties.total', example: '9' },
      { path: 'context', example: '{ … }' },
      { path: 'context.ip', example: '203.0.113.1' },
    ])
  })
})
