import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read } from '../../../api/client'
import type { Reason, SourceBooks } from '../accounting'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The stretches of time that can be looked at: how the books are cut, and into how many bars. */
export const PERIODS = {
  '1h': { short: '1 h', label: 'Last hour', by: 'minute', step: MINUTE, bars: 60 },
  '24h': { short: '24 h', label: 'Last 24 hours', by: 'hour', step: HOUR, bars: 24 },
  '7d': { short: '7 days', label: 'Last 7 days', by: 'hour', step: 6 * HOUR, bars: 28 },
  '30d': { short: '30 days', label: 'Last 30 days', by: 'hour', step: 24 * HOUR, bars: 30 },
} as const

/** One of `PERIODS`. */
export type Period = keyof typeof PERIODS

/** The period that the address names, or the usual one. */
export const periodOf = (word: string | undefined): Period =>
  word !== undefined && Object.hasOwn(PERIODS, word) ? (word as Period) : '24h'

/** Where the first bar of a period begins, so that the last one holds the present. */
export function beginning(period: Period, now: number): number {
  const { step, bars } = PERIODS[period]
  return Math.floor(now / step) * step - (bars - 1) * step
}

/** The books of a source over a period. */
export const booksQuery = (ws: string, source: string, period: Period) =>
  queryOptions({
    queryKey: ['w', ws, 'sources', source, 'books', period],
    queryFn: async () => {
      const { by } = PERIODS[period]
      const from = beginning(period, Date.now())
      const { sources } = await read(
        api.GET('/sources/{sourceId}/accounting', {
          params: {
            path: { sourceId: source },
            query: { by, from: new Date(from).toISOString() },
            header: inWorkspace(ws),
          },
        }),
      )
      return { from, rows: sources as unknown as SourceBooks[] }
    },
  })

/** A figure of each bar of a period, the oldest first. */
export function bars(
  rows: SourceBooks[],
  period: Period,
  from: number,
  figure: (row: SourceBooks) => number,
): number[] {
  const { step, bars: many } = PERIODS[period]
  const counts = new Array<number>(many).fill(0)
  for (const row of rows) {
    if (!row.time) continue
    // What began before the period and reaches into it counts whole, as the books count it.
    const at = Math.max(0, Math.floor((Date.parse(row.time) - from) / step))
    if (at < many) counts[at]! += figure(row)
  }
  return counts
}

function addDiscards(into: Reason[], more: Reason[]) {
  for (const discard of more) {
    const known = into.find(({ step, code }) => step === discard.step && code === discard.code)
    if (known) known.count += discard.count
    else into.push({ ...discard })
  }
}

/** All rows as one. The reasons that took the most stand first. */
export function sum(rows: SourceBooks[]): SourceBooks {
  const all: SourceBooks = {
    received: 0,
    accepted: 0,
    duplicates: 0,
    discarded: 0,
    discards: [],
    refused: 0,
    refusals: [],
    destinations: [],
  }
  for (const row of rows) {
    all.received += row.received
    all.accepted += row.accepted
    all.duplicates += row.duplicates
    all.discarded += row.discarded
    all.refused += row.refused
    addDiscards(all.discards, row.discards)
    addDiscards(all.refusals, row.refusals)
    for (const line of row.destinations) {
      const known = all.destinations.find(({ destination }) => destination === line.destination)
      if (known) {
        for (const figure of [
          'routed',
          'delivered',
          'pending',
          'discarded',
          'exhausted',
          'retried',
        ] as const) {
          known[figure] += line[figure]
        }
        addDiscards(known.discards, line.discards)
        // One stretch that does not balance, or was not counted, says so of the sum.
        if (known.balanced !== false && line.balanced !== true) known.balanced = line.balanced
      } else all.destinations.push({ ...line, discards: line.discards.map((each) => ({ ...each })) })
    }
  }
  const most = (one: Reason, other: Reason) => other.count - one.count
  all.discards.sort(most)
  all.refusals.sort(most)
  for (const line of all.destinations) line.discards.sort(most)
  return all
}
