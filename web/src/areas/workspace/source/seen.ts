import type { Shapes } from '../../../api/client'

/** What came under one name, as the API tells it. */
export type SeenEvent = Shapes['SchemaEvent']

const CALLS: Record<string, string> = {
  identify: 'Identify calls',
  group: 'Group calls',
  alias: 'Alias calls',
}

/** What an event is called; calls without names stand together under what they are. */
export const eventName = ({ type, name }: SeenEvent) =>
  name ?? CALLS[type] ?? `${type.charAt(0).toUpperCase()}${type.slice(1)} without a name`

/** Whether an event's properties are traits. */
export const hasTraits = ({ type }: SeenEvent) => type === 'identify' || type === 'group'

/** Events whose name, call or one of whose properties has the words in it. */
export function fitting(events: SeenEvent[], words: string): SeenEvent[] {
  const wanted = words.trim().toLowerCase()
  if (!wanted) return events
  return events.filter(
    (event) =>
      eventName(event).toLowerCase().includes(wanted) ||
      event.type === wanted ||
      event.properties.some(({ name }) => name.toLowerCase().includes(wanted)),
  )
}

/** "string", or "string 92 %, number 8 %" where a property comes in several types: the most frequent first. */
export function typesInWords(types: Record<string, number>): string {
  const all = Object.entries(types).sort(([, one], [, other]) => other - one)
  if (all.length <= 1) return all[0]?.[0] ?? ''
  const total = all.reduce((sum, [, many]) => sum + many, 0)
  return all.map(([type, many]) => `${type} ${share(many, total)}`).join(', ')
}

const percent = new Intl.NumberFormat('en', { style: 'percent' })

/** A part of a whole. Less than everything never reads as 100 %, more than nothing never as 0 %. */
export function share(part: number, whole: number): string {
  if (whole === 0) return percent.format(0)
  const value = part / whole
  if (part > 0 && value < 0.01) return '< 1%'
  if (part < whole && value >= 0.995) return '> 99%'
  return percent.format(value)
}

const INTERVAL_MS = { hour: 3_600_000, day: 86_400_000 }

/** Bars of a trend. */
export const BARS = 24

/** When the newest interval began that anything came in, over all events. */
export const newestOf = (events: SeenEvent[]) =>
  Math.max(0, ...events.map(({ series }) => Date.parse(series.at(-1)?.at ?? '') || 0))

/** How often an event came in each of the last intervals up to `newest`, oldest first; nothing came where the API names none. */
export function trend(
  { series }: Pick<SeenEvent, 'series'>,
  interval: Shapes['SchemaInterval'],
  newest: number,
): number[] {
  const counts = new Array<number>(BARS).fill(0)
  for (const { at, accepted, discarded } of series) {
    const back = Math.round((newest - Date.parse(at)) / INTERVAL_MS[interval])
    const bar = BARS - 1 - back
    if (bar in counts) counts[bar] = (counts[bar] ?? 0) + accepted + discarded
  }
  return counts
}
