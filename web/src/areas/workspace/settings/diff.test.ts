import { expect, test } from 'vitest'
import { differences } from './diff'

test('only what changed is shown, by its path', () => {
  const before = { name: 'Web', enabled: true, settings: { url: 'a', method: 'POST' } }
  const after = { name: 'Web shop', enabled: true, settings: { url: 'b', method: 'POST' } }
  expect(differences(before, after)).toEqual([
    { path: 'name', before: 'Web', after: 'Web shop' },
    { path: 'settings.url', before: 'a', after: 'b' },
  ])
})

test('what was made has no before, what was deleted no after', () => {
  expect(differences(undefined, { name: 'Web', enabled: false })).toEqual([
    { path: 'name', after: 'Web' },
    { path: 'enabled', after: 'false' },
  ])
  expect(differences({ name: 'Web' }, null)).toEqual([{ path: 'name', before: 'Web' }])
  expect(differences(undefined, undefined)).toEqual([])
})

test('lists are compared whole, at the top too', () => {
  expect(differences([1], [1, 2])).toEqual([{ path: '', before: '[1]', after: '[1,2]' }])
  expect(differences(undefined, [1])).toEqual([{ path: '', after: '[1]' }])
  expect(differences({ a: [1] }, { a: [1] })).toEqual([])
})
