import { expect, test } from 'vitest'
import type { SourceBooks } from '../accounting'
import { bars, beginning, PERIODS, periodOf, sum } from './books'

const row = (given: Partial<SourceBooks>): SourceBooks => ({
  received: 0,
  accepted: 0,
  duplicates: 0,
  discarded: 0,
  discards: [],
  refused: 0,
  refusals: [],
  destinations: [],
  ...given,
})
const line = (destination: string, given: object) => ({
  destination,
  routed: 0,
  delivered: 0,
  pending: 0,
  discarded: 0,
  balanced: true,
  exhausted: 0,
  retried: 0,
  discards: [],
  ...given,
})

test('the last bar of every period holds the present', () => {
  const now = Date.parse('2026-11-29T23:14:33Z')
  for (const period of ['1h', '24h', '7d', '30d'] as const) {
    const { step, bars: many } = PERIODS[period]
    const last = beginning(period, now) + (many - 1) * step
    expect(last).toBeLessThanOrEqual(now)
    expect(now).toBeLessThan(last + step)
  }
})

test('rows fall into their bars, and an older one into the first', () => {
  const from = Date.parse('2026-11-29T00:00:00Z')
  const rows = [
    row({ time: '2026-11-28T12:00:00Z', unit: 'day', received: 4 }),
    row({ time: '2026-11-29T00:00:00Z', received: 1 }),
    row({ time: '2026-11-29T05:00:00Z', received: 2 }),
    row({ time: '2026-11-29T23:00:00Z', received: 3 }),
    row({ time: '2026-11-30T00:00:00Z', received: 99 }),
  ]
  const counts = bars(rows, '24h', from, (each) => each.received)
  expect(counts).toHaveLength(24)
  expect([counts[0], counts[5], counts[23]]).toEqual([5, 2, 3])
})

test('rows are added up, by reason and by destination', () => {
  const all = sum([
    row({
      received: 5,
      accepted: 3,
      duplicates: 1,
      discarded: 1,
      discards: [{ step: 'failed_on_ingest', code: 'a', count: 1 }],
      destinations: [line('d1', { routed: 3, delivered: 2, pending: 1 })],
    }),
    row({
      received: 7,
      accepted: 4,
      discarded: 3,
      discards: [
        { step: 'failed_on_ingest', code: 'a', count: 1 },
        { step: 'failed_on_ingest', code: 'b', count: 5 },
      ],
      destinations: [line('d1', { routed: 4, delivered: 4 }), line('d2', { routed: 4, exhausted: 4 })],
    }),
  ])
  expect(all.received).toBe(12)
  expect(all.received).toBe(all.accepted + all.duplicates + all.discarded)
  expect(all.discards.map(({ code, count }) => [code, count])).toEqual([
    ['b', 5],
    ['a', 2],
  ])
  expect(all.destinations.map(({ destination, routed }) => [destination, routed])).toEqual([
    ['d1', 7],
    ['d2', 4],
  ])
  for (const each of all.destinations) {
    expect(each.routed).toBe(each.delivered + each.pending + each.discarded + each.exhausted)
  }
})

test('an address may only name a period that there is', () => {
  expect(periodOf('7d')).toBe('7d')
  expect(periodOf('toString')).toBe('24h')
  expect(periodOf(undefined)).toBe('24h')
})

test('a sum balances when each of its stretches does', () => {
  const balanced = (...each: (boolean | null)[]) =>
    sum(each.map((balanced) => row({ destinations: [line('d1', { balanced })] }))).destinations[0]?.balanced
  expect(balanced(true, true)).toBe(true)
  expect(balanced(true, null)).toBe(null)
  expect(balanced(null, false, true)).toBe(false)
})
