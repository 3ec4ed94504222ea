import { expect, test } from 'vitest'
import type { Line, SourceBooks } from '../accounting'
import { sheetCsv, sheetOf } from './sheet'

const line = (more: Partial<Line>): Line => ({
  destination: 'dst_1',
  routed: 0,
  delivered: 0,
  pending: 0,
  discarded: 0,
  discards: [],
  exhausted: 0,
  retried: 0,
  balanced: true,
  ...more,
})

const hour = (at: number, more: Partial<SourceBooks>): SourceBooks => ({
  time: `2026-11-30T0${at}:00:00Z`,
  unit: 'hour',
  received: 0,
  accepted: 0,
  duplicates: 0,
  discarded: 0,
  discards: [],
  refused: 0,
  refusals: [],
  destinations: [],
  ...more,
})

const early = hour(8, {
  received: 10,
  accepted: 8,
  duplicates: 1,
  discarded: 1,
  discards: [{ step: 'failed_on_ingest', code: 'event_not_string', count: 1 }],
})
const late = hour(9, {
  received: 5,
  accepted: 5,
  destinations: [
    line({
      routed: 4,
      delivered: 2,
      pending: 1,
      discarded: 1,
      discards: [{ step: 'filtered_at_destination', code: 'FILTERED_BY_RULES', count: 1 }],
    }),
  ],
})

test('stands with the sum first, then the newest, and adds up', () => {
  const sheet = sheetOf([early, late])
  expect(sheet.verdict).toEqual({ balanced: true, words: 'Every message is accounted for.' })
  expect(sheet.source.map(({ time, received }) => [time, received])).toEqual([
    [undefined, 15],
    [late.time, 5],
    [early.time, 10],
  ])
  const [only] = sheet.destinations
  // What was accepted before the destination was there was not for it.
  expect(only?.rows.map(({ accepted, notRouted, delivered }) => [accepted, notRouted, delivered])).toEqual([
    [13, 9, 2],
    [5, 1, 2],
    [8, 8, 0],
  ])
})

test('says in a sentence what is missing', () => {
  const lost = { ...late, destinations: [line({ routed: 4, delivered: 1, pending: 1, discarded: 1 })] }
  const sheet = sheetOf([early, lost])
  expect(sheet.verdict).toEqual({
    balanced: false,
    words: '1 message of the 5 accepted is not accounted for.',
  })
  expect(sheetOf([{ ...early, received: 9 }]).verdict.words).toBe(
    '1 message more is accounted for than the 9 received.',
  )
  const more = { ...late, destinations: [line({ routed: 7, delivered: 7 })] }
  expect(sheetOf([more]).verdict.words).toBe('2 messages more are accounted for than the 5 accepted.')
})

test('tells what the log says otherwise, and that it was not asked', () => {
  const [one] = late.destinations
  expect(sheetOf([{ ...late, destinations: [{ ...one!, balanced: false }] }]).verdict.balanced).toBe(false)
  expect(sheetOf([{ ...late, destinations: [{ ...one!, balanced: null }] }]).verdict.balanced).toBeNull()
})

test('is a file of one row for each time and place', () => {
  const rows = sheetCsv(sheetOf([early, late]), () => 'Data team')
  expect(rows).toHaveLength(1 + 3 + 3)
  expect(rows[3]).toEqual([
    early.time,
    'hour',
    'source',
    10,
    8,
    1,
    '',
    '',
    '',
    1,
    '',
    0,
    'event_not_string: 1',
    'yes',
  ])
  expect(rows[5]?.slice(2, 11)).toEqual(['Data team', '', 5, '', 1, 2, 1, 1, 0])
})
