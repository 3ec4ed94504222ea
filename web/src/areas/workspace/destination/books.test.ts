import { describe, expect, it } from 'vitest'
import type { SourceBooks } from '../accounting'
import { beginOf, lineOf, missing, missingOf, NOTHING, periodOf, pipelineOf, reasonsOf } from './books'

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

describe('the pipeline', () => {
  it('adds up to what was received', () => {
    const steps = pipelineOf(books, line)
    expect(Object.fromEntries(steps.map(({ id, count }) => [id, count]))).toEqual({
      received: 100,
      failed_on_ingest: 5,
      duplicates: 4,
      filtered_at_source: 1,
      not_sent_here: 10,
      filtered_at_destination: 8,
      pending: 7,
      failed_delivery: 5,
      delivered: 60,
    })
    expect(missing(steps)).toBe(0)
    expect(missingOf(line)).toBe(0)
  })

  it('says how many are missing', () => {
    expect(missing(pipelineOf(books, { ...line, delivered: 58 }))).toBe(2)
    expect(missingOf({ ...line, delivered: 58 })).toBe(2)
  })

  it('is empty where nothing came', () => {
    const steps = pipelineOf(NOTHING, lineOf(NOTHING, 'dst_2'))
    expect(steps.every(({ count }) => count === 0)).toBe(true)
    expect(missing(steps)).toBe(0)
  })
})

describe('reasons', () => {
  it('stand by their number, with what ran out of retries', () => {
    expect(reasonsOf(books, line).map(({ code, count }) => [code, count])).toEqual([
      ['FILTERED_BY_INTEGRATIONS_OBJECT', 8],
      ['event_not_string', 5],
      ['400', 3],
      ['exhausted', 2],
      ['unplanned', 1],
    ])
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
