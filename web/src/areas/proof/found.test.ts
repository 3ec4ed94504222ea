import { expect, test } from 'vitest'
import {
  coverageOf,
  type Event,
  type Report,
  type Rule,
  sorted,
  standingOf,
  titleOf,
  verdictOf,
} from './found'

const rule = (code: string, severity: string, broken: number, checked = 4): Rule => ({
  code,
  severity,
  broken,
  checked,
  title: code,
  fix: '',
  docs: '',
  samples: [],
})
const event = (name: string, seen: number, more: Partial<Event> = {}): Event => ({
  kind: 'track',
  name,
  declared: true,
  semantic: true,
  seen,
  withErrors: 0,
  properties: [],
  samples: [],
  ...more,
})
const report = (part: Partial<Report>): Report => ({
  ruleSet: '2026.11.1',
  outcome: 'failed',
  score: 50,
  seen: { messages: 4, accepted: 4, withErrors: 0, withWarnings: 0 },
  rules: [],
  events: [],
  walkthrough: [],
  ...part,
})

test('a rule that nothing was held against is neither kept nor broken', () => {
  const found = sorted([rule('a', 'error', 2), rule('b', 'hint', 0), rule('c', 'error', 0, 0)])
  expect(found.broken.map(({ code }) => code)).toEqual(['a'])
  expect(found.kept.map(({ code }) => code)).toEqual(['b'])
  expect(found.unused.map(({ code }) => code)).toEqual(['c'])
})

test('an event that breaks a rule failed, whether declared or not', () => {
  expect(standingOf(event('A', 3))).toBe('passed')
  expect(standingOf(event('A', 0))).toBe('unseen')
  expect(standingOf(event('A', 3, { declared: false }))).toBe('undeclared')
  expect(standingOf(event('A', 3, { declared: false, withErrors: 1 }))).toBe('failed')
})

test('coverage is of what was declared', () => {
  const property = (name: string, seen: number) => ({ name, required: true, seen, ofWrongType: 0 })
  const events = [
    event('A', 3, { properties: [property('x', 3), property('y', 0)] }),
    event('B', 0, { properties: [property('z', 0)] }),
    event('C', 5, { declared: false }),
  ]
  expect(coverageOf(events)).toEqual({ events: { seen: 1, of: 2 }, properties: { seen: 1, of: 3 } })
})

test('the verdict names what stands in the way', () => {
  expect(verdictOf(report({ outcome: 'empty' }))).toBe('Nothing has arrived yet.')
  expect(verdictOf(report({ outcome: 'passed' }))).toBe('Everything holds.')
  const warned = [rule('w', 'warning', 1)]
  expect(verdictOf(report({ outcome: 'passed', rules: warned }))).toBe(
    'Everything that must hold does; 1 warning to look at.',
  )
  const rules = [rule('a', 'error', 1), rule('b', 'error', 2), ...warned]
  expect(verdictOf(report({ rules, events: [event('A', 0)] }))).toBe(
    '2 rules are broken, 1 declared event has not arrived, 1 warning to look at.',
  )
})

test('the title of a rule begins with a capital, unless with the name of a field', () => {
  expect(titleOf('a message was stopped')).toBe('A message was stopped')
  expect(titleOf('event is not text')).toBe('event is not text')
})
