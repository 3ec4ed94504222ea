import type { Line, Reason, SourceBooks } from '../accounting'

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

/** One step of the way, with what was lost or is held there. */
export interface PipelineStep {
  id: string
  label: string
  count: number
  /** What the number does to the rest: where it begins, what leaves it, what is still under way, where it ends. */
  role: 'in' | 'out' | 'waits' | 'done'
  /** Left out while there is none of it. */
  rare?: boolean
}

const sum = (reasons: Reason[], step: string) =>
  reasons.filter((reason) => reason.step === step).reduce((total, { count }) => total + count, 0)

/** The way from received to delivered. What leaves, waits and arrives adds up to what was received. */
export function pipelineOf(books: SourceBooks, line: Line): PipelineStep[] {
  return [
    { id: 'received', label: 'Received', count: books.received, role: 'in' },
    {
      id: 'failed_on_ingest',
      label: 'Failed on ingest',
      count: sum(books.discards, 'failed_on_ingest'),
      role: 'out',
    },
    { id: 'duplicates', label: 'Duplicates', count: books.duplicates, role: 'out', rare: true },
    {
      id: 'filtered_at_source',
      label: 'Filtered at source',
      count: sum(books.discards, 'filtered_at_source'),
      role: 'out',
    },
    {
      id: 'not_sent_here',
      label: 'Not for this destination',
      count: books.accepted - line.routed,
      role: 'out',
      rare: true,
    },
    {
      id: 'filtered_at_destination',
      label: 'Filtered at destination',
      count: sum(line.discards, 'filtered_at_destination'),
      role: 'out',
    },
    { id: 'pending', label: 'Waiting or retrying', count: line.pending, role: 'waits' },
    {
      id: 'failed_delivery',
      label: 'Failed delivery',
      count: sum(line.discards, 'failed_delivery') + line.exhausted,
      role: 'out',
    },
    { id: 'delivered', label: 'Delivered', count: line.delivered, role: 'done' },
  ]
}

/** What is missing in a pipeline: 0 when everything received is accounted for. */
export function missing(steps: PipelineStep[]): number {
  const received = steps.find(({ role }) => role === 'in')?.count ?? 0
  return steps.reduce((rest, { role, count }) => (role === 'in' ? rest : rest - count), received)
}

/** What is missing in a line: `routed = delivered + pending + discarded + exhausted`. */
export const missingOf = (line: Line) =>
  line.routed - line.delivered - line.pending - line.discarded - line.exhausted

/** Every reason on the way to a destination, the most frequent first. */
export function reasonsOf(books: SourceBooks, line: Line): Reason[] {
  const given: Reason[] =
    line.exhausted > 0 ? [{ step: 'failed_delivery', code: 'exhausted', count: line.exhausted }] : []
  return [...books.discards, ...line.discards, ...given].sort((a, b) => b.count - a.count)
}

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
