import type { Line, SourceBooks } from '../accounting'

// The books of a source, and what becomes of its messages on the way to one destination.

/** A source to which nothing came. */
export const NOTHING: SourceBooks = {
  source: null,
  received: 0,
  accepted: 0,
  duplicates: 0,
  discarded: 0,
  discards: [],
  refused: 0,
  refusals: [],
  destinations: [],
}

const NO_LINE: Omit<Line, 'destination'> = {
  routed: 0,
  delivered: 0,
  pending: 0,
  discarded: 0,
  discards: [],
  exhausted: 0,
  retried: 0,
  balanced: true,
}

/** The line of one destination; of one that got nothing, zeros. */
export const lineOf = (books: SourceBooks, destination: string): Line =>
  books.destinations.find((line) => line.destination === destination) ?? { destination, ...NO_LINE }

/** What is missing in a line: `routed = delivered + pending + discarded + exhausted`. */
export const missingOf = (line: Line) =>
  line.routed - line.delivered - line.pending - line.discarded - line.exhausted

const MINUTE = 60_000

/** Stretches of time that end now, by their word in the address. `all` is what the server still knows. */
export const PERIODS: Record<string, { label: string; length: number | null }> = {
  '1h': { label: 'Last hour', length: 60 * MINUTE },
  '24h': { label: 'Last 24 hours', length: 24 * 60 * MINUTE },
  '7d': { label: 'Last 7 days', length: 7 * 24 * 60 * MINUTE },
  '14d': { label: 'Last 14 days', length: 14 * 24 * 60 * MINUTE },
  all: { label: 'All that is kept', length: null },
}

/** The period when the address names none, or one that there is not. */
export const DEFAULT_PERIOD = '24h'
export const periodOf = (word: string | undefined) =>
  word && Object.hasOwn(PERIODS, word) ? word : DEFAULT_PERIOD

/** When a period begins, to the whole minute; nothing for everything. */
export function beginOf(period: string, now: number): string | undefined {
  const length = PERIODS[period]?.length
  return length ? new Date(Math.floor((now - length) / MINUTE) * MINUTE).toISOString() : undefined
}
