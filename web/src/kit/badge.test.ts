import { expect, test } from 'vitest'
import { lifeOf } from './badge'

test('each state has a word and a glyph of its own', () => {
  const states = [
    'PRIVATE_BUILDING',
    'PRIVATE_SUBMITTED',
    'PRIVATE_BETA',
    'PUBLIC_BETA',
    'PUBLIC',
    'DEPRECATED',
    'UNAVAILABLE',
  ] as const
  const shown = states.map((status) => lifeOf({ status }))
  expect(shown.map(({ word }) => word)).toEqual([
    'Private building',
    'In review',
    'Private beta',
    'Beta',
    'Public',
    'Deprecated',
    'Not listed',
  ])
  expect(new Set(shown.map(({ glyph }) => glyph)).size).toBe(states.length)
})

test('building after a review waits for the maker', () => {
  expect(lifeOf({ status: 'PRIVATE_BUILDING', changesRequested: true })).toMatchObject({
    word: 'Changes requested',
    waits: true,
  })
})
