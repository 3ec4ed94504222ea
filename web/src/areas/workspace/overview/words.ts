import type { Overview, OverviewCount } from './data'

/** Stretches of time that end now, by their word in the address and in the API. */
export const PERIODS: Record<string, string> = {
  '10m': 'Last 10 minutes',
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '14d': 'Last 14 days',
}

/** The usual period, which the address leaves out. */
export const USUAL = '24h'

/** What the address says of time: a period, or two moments. */
export interface Asked {
  period?: string
  from?: string
  to?: string
}

const isTime = (text: string | undefined) => !!text && !Number.isNaN(Date.parse(text))

/** What to ask the API for: what makes no sense is the usual period. */
export function timeOf({ period, from, to }: Asked): { period?: string; from?: string; to?: string } {
  if (isTime(from)) return isTime(to) && Date.parse(to!) > Date.parse(from!) ? { from, to } : { from }
  return { period: period && Object.hasOwn(PERIODS, period) ? period : USUAL }
}

/** One step of the way. */
export interface Step extends OverviewCount {
  id: string
  label: string
  /** Where it begins, what leaves it, what is still under way, what is over to the next part, where it ends. */
  role: 'in' | 'out' | 'waits' | 'on' | 'done'
  /** The step of the reasons, where there are any. */
  reasons?: string
}

type Steps = Overview['steps']

const NONE: OverviewCount = { count: 0, before: 0, change: null, series: [] }

/** The way of a source: what came in, what was stopped, what destinations can get. */
function ofSource(steps: Steps): Step[] {
  return [
    { id: 'received', label: 'Received', role: 'in', ...steps.received },
    {
      id: 'failedOnIngest',
      label: 'Failed on ingest',
      role: 'out',
      reasons: 'failed_on_ingest',
      ...steps.failedOnIngest,
    },
    {
      id: 'filteredAtSource',
      label: 'Filtered at source',
      role: 'out',
      reasons: 'filtered_at_source',
      ...steps.filteredAtSource,
    },
    ...rare({ id: 'duplicates', label: 'Duplicates', role: 'out', ...steps.duplicates }),
  ]
}

const rare = (step: Step): Step[] => (step.count > 0 ? [step] : [])

/** Every step in its order; what leaves, waits and arrives adds up to what was received. */
export function stepsOf({ steps, destinations }: Pick<Overview, 'steps' | 'destinations'>): Step[] {
  if (destinations) {
    return [
      ...ofSource(steps),
      { id: 'accepted', label: 'Eligible for destinations', role: 'done', ...steps.accepted },
    ]
  }
  const { notRouted, filteredAtDestination, pending, failedDelivery, delivered } = steps
  return [
    ...ofSource(steps),
    ...rare({ id: 'notRouted', label: 'Not for this destination', role: 'out', ...(notRouted ?? NONE) }),
    {
      id: 'filteredAtDestination',
      label: 'Filtered at destination',
      role: 'out',
      reasons: 'filtered_at_destination',
      ...(filteredAtDestination ?? NONE),
    },
    { id: 'pending', label: 'Waiting or retrying', role: 'waits', ...(pending ?? NONE) },
    {
      id: 'failedDelivery',
      label: 'Failed delivery',
      role: 'out',
      reasons: 'failed_delivery',
      ...(failedDelivery ?? NONE),
    },
    { id: 'delivered', label: 'Delivered', role: 'done', ...(delivered ?? NONE) },
  ]
}

/** What is missing in the steps: 0 when everything received is accounted for. */
export function missing(steps: Step[]): number {
  return steps.reduce((rest, { role, count }) => (role === 'in' ? rest + count : rest - count), 0)
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** A part of a whole; what is not everything never reads as 100 %, what is something never as 0 %. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–'
  const value = part / whole
  if (value < 1 && value > 0.999) return `> ${percent.format(0.999)}`
  if (value > 0 && value < 0.001) return `< ${percent.format(0.001)}`
  return percent.format(value)
}

/** How a count changed against as long a time before, in a sign and words. */
export function changeOf({ count, before, change }: OverviewCount): { sign: string; words: string } | null {
  if (change === null || change === undefined) {
    return count > 0 && before === 0 ? { sign: '+', words: 'none before' } : null
  }
  const size = Math.abs(change)
  if (size < 0.005) return { sign: '=', words: 'as before' }
  const words = size >= 10 ? `${Math.round(change + 1)} times` : percent.format(size)
  return change > 0 ? { sign: '▲', words } : { sign: '▼', words }
}

const points = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, signDisplay: 'exceptZero' })

/** How a share changed, in points of a hundred. */
export const pointsOf = (change: number | null | undefined) =>
  change === null || change === undefined ? 'new' : `${points.format(change * 100)} pt`

/** The events of one call taken together, the most frequent first. */
export function byType(events: Overview['events']): Overview['events'] {
  const types = new Map<string | null, Overview['events'][number]>()
  for (const event of events) {
    const known = types.get(event.type ?? null)
    if (!known) {
      types.set(event.type ?? null, { ...event, name: null })
      continue
    }
    known.accepted += event.accepted
    known.failedOnIngest += event.failedOnIngest
    known.filteredAtSource += event.filteredAtSource
    known.delivered = plus(known.delivered, event.delivered)
    known.filteredAtDestination = plus(known.filteredAtDestination, event.filteredAtDestination)
    known.failedDelivery = plus(known.failedDelivery, event.failedDelivery)
    known.share = plus(known.share, event.share)
    known.shareChange = plus(known.shareChange, event.shareChange)
  }
  return [...types.values()].sort((one, other) => (other.share ?? 0) - (one.share ?? 0))
}

const plus = (one: number | null | undefined, other: number | null | undefined) =>
  one === null || one === undefined ? other : one + (other ?? 0)
