import { expect, test } from 'vitest'
import { cellOf } from './cells'
import { brief, type Change, inWords, ruleInWords, worstFirst } from './changes'
import { messagesOf } from './messages'

const change = (kind: string, breaking: boolean): Change => ({ kind, breaking, field: 'properties.total' })

test('what breaks something stands first', () => {
  const all = [change('property_added', false), change('required_added', true), change('rule_added', false)]
  expect(worstFirst(all).map(inWords)).toEqual(['Required from now on', 'New property', 'New rule'])
})

test('rules of a diff in words', () => {
  expect(ruleInWords('TRACK "Order Completed" version 1')).toBe('Order Completed')
  expect(ruleInWords('TRACK "Order "big" Completed" version 2')).toBe('Order "big" Completed, version 2')
  expect(ruleInWords('IDENTIFY version 1')).toBe('Identify calls')
  expect(ruleInWords('COMMON version 1')).toBe('Every message')
  expect(ruleInWords(undefined)).toBe('Schema configuration')
})

test('values of a diff are short', () => {
  expect(brief(['free', 'pro', 3])).toBe('free, pro, 3')
  expect(brief(undefined)).toBe('')
  expect(brief('x'.repeat(500))).toHaveLength(120)
})

test('a fault of a table has its row and column', () => {
  const fault = { type: 'error', code: 'bad_cell', message: 'row 7: no such type', pointer: '/7/data_type' }
  expect(cellOf(fault)).toEqual({ row: 7, column: 'data_type', said: 'No such type.' })
  expect(cellOf({ ...fault, code: 'bad_rule', pointer: '/rules/0/key', message: 'no name' })).toEqual({
    column: '/rules/0/key',
    said: 'No name.',
  })
})

test('messages are one, a list, a batch or a line each', () => {
  const one = { type: 'track' }
  expect(messagesOf('{"type":"track"}')).toEqual({ found: [one] })
  expect(messagesOf('[{"type":"track"}]')).toEqual({ found: [one] })
  expect(messagesOf('{"batch":[{"type":"track"}]}')).toEqual({ found: [one] })
  expect(messagesOf('{"type":"track"}\n\n{"type":"track"}\n')).toEqual({ found: [one, one] })
  expect(messagesOf('  ')).toHaveProperty('problem')
  expect(messagesOf('{')).toHaveProperty('problem')
})
