import { describe, expect, it } from 'vitest'
import type { SourceBooks } from '../accounting'
import { beginOf, lineOf, missingOf, NOTHING, periodOf } from './books'

const books: SourceBooks = {
  ...NOTHING,
  source: 'shop/web',
  received: 100,
  accepted: 90,
  duplicates: 4,
  discarded: 6,
  discards: [
    { step: 'failed_on_ingest', code: 'event_not_string', count: 5 },
    { step: 'filtered_at_source', code: 'unplanned', count: 1 },
  ],
  destinations: [
    {
      destination: 'dst_1',
      routed: 80,
      delivered: 60,
      pending: 7,
      discarded: 11,
      discards: [
        { step: 'filtered_at_destination', code: 'FILTERED_BY_INTEGRATIONS_OBJECT', count: 8 },
        { step: 'failed_delivery', code: '400', count: 3 },
      ],
      exhausted: 2,
      retried: 9,
      balanced: true,
    },
  ],
}
const line = lineOf(books, 'dst_1')

describe('a line', () => {
  it('adds up, or says how many are missing', () => {
    expect(missingOf(line)).toBe(0)
    expect(missingOf({ ...line, delivered: 58 })).toBe(2)
  })

  it('is empty of a destination that got nothing', () => {
    expect(lineOf(books, 'dst_2')).toMatchObject({ routed: 0, balanced: true })
  })
})

describe('periods', () => {
  it('begin at a whole minute', () => {
    const now = Date.parse('2026-11-29T12:34:56Z')
    expect(beginOf('1h', now)).toBe('2026-11-29T11:34:00.000Z')
    expect(beginOf('all', now)).toBeUndefined()
  })
  it('are the last day unless one is named', () => {
    expect(periodOf(undefined)).toBe('24h')
    expect(periodOf('7d')).toBe('7d')
    expect(periodOf('toString')).toBe('24h')
  })
})
