import { describe, expect, test } from 'vitest'
import { accountOf, askedInWords, lasting, lookOf, ordersFor, type Replay, spanOf } from './words'

const replay = (more: Partial<Replay>): Replay => ({
  id: 'rpl_1',
  destination: 'dst_1',
  state: 'running',
  from: '2026-11-25T00:00:00Z',
  to: '2026-11-25T12:00:00Z',
  sources: ['acme/web'],
  types: [],
  events: [],
  perSecond: 1000,
  createdAt: '2026-11-25T12:00:00Z',
  matched: 1200,
  bytes: 1,
  delivered: 800,
  filtered: 10,
  refused: 2,
  left: 388,
  progress: 0.67,
  samples: [],
  ...more,
})

test('what stopped a replay is not a pause of somebody', () => {
  expect(lookOf(replay({ state: 'paused' })).word).toBe('Paused')
  const problem = { code: 'bad_settings', detail: 'url is no URL' }
  expect(lookOf(replay({ state: 'paused', problem })).word).toBe('Stopped')
  expect(lookOf(replay({ state: 'of tomorrow' })).word).toBe('of tomorrow')
})

test('an ended replay is told nothing', () => {
  expect(ordersFor({ state: 'ready' })).toEqual(['start', 'cancel'])
  expect(ordersFor({ state: 'done' })).toEqual([])
})

test('the account adds up, and names only what there is', () => {
  expect(accountOf(replay({}))).toBe('1,200 found = 800 delivered + 10 filtered + 2 refused + 388 left')
  expect(accountOf(replay({ matched: 5, delivered: 5, filtered: 0, refused: 0, left: 0 }))).toBe(
    '5 found = 5 delivered',
  )
  expect(accountOf(replay({ matched: 0, delivered: 0, filtered: 0, refused: 0, left: 0 }))).toBe(
    '0 found = 0',
  )
  expect(accountOf(replay({ state: 'counting', left: null }))).toBeNull()
})

test('what was asked for, in a few words', () => {
  expect(askedInWords(replay({}))).toBe('everything')
  expect(askedInWords(replay({ types: ['track'], events: ['A', 'B', 'C', 'D'], userId: 'user_1' }))).toBe(
    'track · A, B and 2 more · user_1',
  )
})

test('how long it lasts', () => {
  expect([0, 1, 59, 60, 3600, 4800, 200_000].map(lasting)).toEqual([
    'no time',
    '1 second',
    '59 seconds',
    '1 min',
    '1 h',
    '1 h 20 min',
    '2 days',
  ])
})

describe('the stretch of time', () => {
  const now = Date.parse('2026-11-30T10:00:00Z')
  const typed = { stretch: 'custom', from: '', to: '' }
  test('ends now where nothing else is said', () => {
    expect(spanOf({ ...typed, stretch: '24h' }, now)).toEqual({ from: '2026-11-29T10:00:00.000Z' })
    expect(spanOf({ ...typed, stretch: 'all' }, now)).toEqual({ from: '1970-01-01T00:00:00.000Z' })
  })
  test('is what was typed, as local times', () => {
    const from = new Date('2026-11-29T08:00').toISOString()
    const to = new Date('2026-11-29T09:00').toISOString()
    expect(spanOf({ ...typed, from: '2026-11-29T08:00', to: '2026-11-29T09:00' }, now)).toEqual({ from, to })
    expect(spanOf({ ...typed, from: '2026-11-29T08:00' }, now)).toEqual({ from })
  })
  test('begins, and ends after that', () => {
    expect(spanOf(typed, now)).toMatchObject({ fault: { field: 'from' } })
    expect(spanOf({ ...typed, from: '2026-11-29T08:00', to: '2026-11-29T08:00' }, now)).toMatchObject({
      fault: { field: 'to' },
    })
  })
})
