import { count, plural } from '../../../kit/figures'
import type { Line, Reason, SourceBooks } from '../accounting'
import { sum } from './books'

// The books as a balance sheet: each row is one stretch of time, or all of them, and has to add up.

/** Whether a row adds up and the log agrees, in a sentence. `null`: the log was not counted. */
export interface Verdict {
  balanced: boolean | null
  words: string
}

/** What came in at the source. */
export interface SourceRow {
  /** When it begins; nothing for the sum of all. */
  time: string | undefined
  unit: SourceBooks['unit']
  received: number
  accepted: number
  duplicates: number
  discarded: number
  discards: Reason[]
  refused: number
  verdict: Verdict
}

/** What became of what was accepted, at one destination. */
export interface DestinationRow {
  time: string | undefined
  unit: SourceBooks['unit']
  accepted: number
  /** Accepted while the destination was off or not connected. */
  notRouted: number
  delivered: number
  pending: number
  discarded: number
  discards: Reason[]
  exhausted: number
  verdict: Verdict
}

/** The sheet of a source: its own rows, and those of each destination, the sum first and then the newest. */
export interface Sheet {
  source: SourceRow[]
  destinations: { destination: string; rows: DestinationRow[] }[]
  verdict: Verdict
}

const astray = (rest: number, whole: string) =>
  rest > 0
    ? `${plural(rest, 'message')} of the ${whole} ${rest === 1 ? 'is' : 'are'} not accounted for.`
    : `${plural(-rest, 'message')} more ${rest === -1 ? 'is' : 'are'} accounted for than the ${whole}.`

function judged(rest: number, whole: string, balanced: boolean | null): Verdict {
  if (rest !== 0) return { balanced: false, words: astray(rest, whole) }
  if (balanced === false) {
    return { balanced, words: 'The log holds another number of waiting messages than the books.' }
  }
  if (balanced === null) {
    return { balanced, words: 'Adds up. So much waits that it was not counted in the log.' }
  }
  return { balanced, words: 'Adds up.' }
}

function sourceRow(row: SourceBooks): SourceRow {
  const { time, unit, received, accepted, duplicates, discarded, discards, refused } = row
  const rest = received - accepted - duplicates - discarded
  const verdict = judged(rest, `${count(received)} received`, true)
  return { time, unit, received, accepted, duplicates, discarded, discards, refused, verdict }
}

function destinationRow(row: SourceBooks, line: Line | undefined): DestinationRow {
  const { time, unit, accepted } = row
  const { routed = 0, delivered = 0, pending = 0, discarded = 0, discards = [], exhausted = 0 } = line ?? {}
  const notRouted = accepted - routed
  const rest = notRouted < 0 ? notRouted : accepted - notRouted - delivered - pending - discarded - exhausted
  const verdict = judged(rest, `${count(accepted)} accepted`, line ? line.balanced : true)
  return { time, unit, accepted, notRouted, delivered, pending, discarded, discards, exhausted, verdict }
}

/** One verdict of many: a row that does not add up says so of all, and so does one that was not counted. */
function together(verdicts: Verdict[]): Verdict {
  const bad = verdicts.filter(({ balanced }) => balanced === false)
  if (bad.length === 1) return bad[0]!
  if (bad.length > 1) return { balanced: false, words: `${count(bad.length)} rows do not balance.` }
  return (
    verdicts.find(({ balanced }) => balanced === null) ?? {
      balanced: true,
      words: 'Every message is accounted for.',
    }
  )
}

/** The sheet of the books' rows, which may be in any order. */
export function sheetOf(rows: SourceBooks[]): Sheet {
  const all = sum(rows)
  const newest = [...rows].sort((one, other) => (other.time ?? '').localeCompare(one.time ?? ''))
  const source = [all, ...newest].map(sourceRow)
  const destinations = all.destinations.map(({ destination }) => ({
    destination,
    rows: [all, ...newest].map((row) =>
      destinationRow(
        row,
        row.destinations.find((line) => line.destination === destination),
      ),
    ),
  }))
  // The sums repeat what single rows say.
  const single = [source, ...destinations.map(({ rows }) => rows)].flatMap((each) =>
    each.slice(1).map(({ verdict }) => verdict),
  )
  return { source, destinations, verdict: together(single) }
}

const reasons = (of: Reason[]) => of.map(({ code, count }) => `${code}: ${count}`).join('; ')
const said = { true: 'yes', false: 'no', null: 'not counted' }

/** The sheet as rows of a CSV file: one for each stretch of time at the source, and at each destination. */
export function sheetCsv({ source, destinations }: Sheet, nameOf: (id: string) => string) {
  const head = [
    'time',
    'unit',
    'at',
    'received',
    'accepted',
    'duplicates',
    'not_for_it',
    'delivered',
    'pending',
    'discarded',
    'given_up',
    'refused_requests',
    'reasons',
    'balanced',
  ]
  return [
    head,
    ...source.map((row) => [
      row.time ?? 'total',
      row.unit ?? '',
      'source',
      row.received,
      row.accepted,
      row.duplicates,
      '',
      '',
      '',
      row.discarded,
      '',
      row.refused,
      reasons(row.discards),
      said[`${row.verdict.balanced}`],
    ]),
    ...destinations.flatMap(({ destination, rows }) =>
      rows.map((row) => [
        row.time ?? 'total',
        row.unit ?? '',
        nameOf(destination),
        '',
        row.accepted,
        '',
        row.notRouted,
        row.delivered,
        row.pending,
        row.discarded,
        row.exhausted,
        '',
        reasons(row.discards),
        said[`${row.verdict.balanced}`],
      ]),
    ),
  ]
}
