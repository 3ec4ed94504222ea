import type { Row } from '../../../../stream/store'

/** What became of a message: shape, word and tone. */
export const VERDICT: Record<string, { glyph: string; word: string; tone: 'ok' | 'warn' | 'sunk' | 'bad' }> =
  {
    accepted: { glyph: '✓', word: 'Accepted', tone: 'ok' },
    discarded: { glyph: '!', word: 'Discarded', tone: 'warn' },
    duplicate: { glyph: '≡', word: 'Duplicate', tone: 'sunk' },
    refused: { glyph: '✕', word: 'Refused', tone: 'bad' },
  }
const UNKNOWN = { glyph: '?', word: 'Unknown', tone: 'sunk' } as const

export const verdictOf = (row: Row) => VERDICT[row.verdict] ?? UNKNOWN

const CALLS: Record<string, string> = {
  track: '▸',
  identify: '●',
  page: '▭',
  screen: '▯',
  group: '◆',
  alias: '⇄',
}

/** The glyph of a call. */
export const callGlyph = (type: string | null | undefined) => (type && CALLS[type]) || '·'

/** Who a row is about: `019mr8mf4r (ada@example.com)` where an identify call says both. */
function personOf(row: Row): string {
  const id = row.userId || row.anonymousId
  return row.email && id ? `${id} (${row.email})` : row.email || id || ''
}

/** What a row is called: its event or page, else what was wrong, else who it is about. */
export function nameOf(row: Row): string {
  return row.name || row.detail || personOf(row) || 'No name'
}

/** Why a row was not accepted, where its name does not say so already. */
export function whyOf(row: Row): string {
  const why = row.detail || row.code || ''
  return why === nameOf(row) ? '' : why
}

/** Who a row is about, where its name does not say so already. */
export function userOf(row: Row): string {
  const person = personOf(row)
  return person === nameOf(row) ? '' : person
}

const two = (value: number) => String(value).padStart(2, '0')

/** `23:14:15.403`, with the day in front where it is not today's. */
export function timeOf(iso: string, utc: boolean, today: Date): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const milliseconds = String(at.getUTCMilliseconds()).padStart(3, '0')
  const [day, now, clock] = utc
    ? [iso.slice(5, 10), today.toISOString().slice(5, 10), iso.slice(11, 19)]
    : [
        `${two(at.getMonth() + 1)}-${two(at.getDate())}`,
        `${two(today.getMonth() + 1)}-${two(today.getDate())}`,
        `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
      ]
  return `${day === now ? '' : `${day} `}${clock}.${milliseconds}`
}

/** The whole stamp, with its zone. */
export function stampOf(iso: string, utc: boolean): string {
  if (utc) return iso.replace('T', ' ').replace('Z', ' UTC')
  const at = new Date(iso)
  const offset = -at.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')} ${zone}`
}
