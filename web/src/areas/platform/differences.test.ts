import { expect, test } from 'vitest'
import { differences } from './differences'

test('what is alike is left out, and nothing is the same as empty', () => {
  expect(differences({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toEqual([])
  expect(differences({ a: null, b: '', c: [] }, {})).toEqual([])
})

test('each difference is named by its pointer', () => {
  const before = { name: 'Acme', docs: { stream: 'old' }, events: [{ name: 'Opened' }, { name: 'Closed' }] }
  const after = { name: 'Acme', docs: { stream: 'new' }, events: [{ name: 'Opened' }], website: 'https://a' }
  expect(differences(before, after)).toEqual([
    { pointer: '/docs/stream', before: 'old', after: 'new' },
    { pointer: '/events/1', before: { name: 'Closed' }, after: undefined },
    { pointer: '/website', before: undefined, after: 'https://a' },
  ])
})

test('keys are escaped as in JSON pointers', () => {
  expect(differences({ 'a/b~': 1 }, { 'a/b~': 2 })).toEqual([{ pointer: '/a~1b~0', before: 1, after: 2 }])
})
