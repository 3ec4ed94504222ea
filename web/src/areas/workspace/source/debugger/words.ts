// The filter as words: `type:track event:"Order Completed" o-42`. What has no key is looked for in the payload.

/** What a filter asks for; each must hold. `type` and `verdict` are any of their list. */
export interface Filter {
  type: string[]
  verdict: string[]
  event?: string
  user?: string
  anon?: string
  id?: string
  reason?: string
  text?: string
}

export const TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export const VERDICTS = ['accepted', 'discarded', 'duplicate', 'refused'] as const

const NOTHING: Filter = { type: [], verdict: [] }
/** Keys of one value, with the API's name for each. */
const SINGLE = {
  event: 'event',
  user: 'user_id',
  anon: 'anonymous_id',
  id: 'message_id',
  reason: 'code',
} as const
type Single = keyof typeof SINGLE

const WORD = /(?:([a-z]+):)?("(?:[^"\\]|\\.)*"?|\S+)/g

/** Reads the words. A key that is not known, or a value that a list does not have, is text to be looked for. */
export function parseWords(words: string): Filter {
  const filter: Filter = { ...NOTHING, type: [], verdict: [] }
  const text: string[] = []
  for (const [whole, key, written] of words.matchAll(WORD)) {
    const value = plain(written!)
    if (key === 'type' || key === 'verdict') {
      const allowed: readonly string[] = key === 'type' ? TYPES : VERDICTS
      const asked = value.split(',').filter(Boolean)
      if (asked.every((each) => allowed.includes(each))) {
        filter[key] = [...new Set([...filter[key], ...asked])]
        continue
      }
    } else if (key === 'text') {
      text.push(value)
      continue
    } else if (key && key in SINGLE) {
      if (value) filter[key as Single] = value
      continue
    }
    text.push(key ? whole : value)
  }
  const joined = text.join(' ').trim()
  if (joined) filter.text = joined
  return filter
}

/** Writes a filter in words, so that reading them gives it again. */
export function writeWords(filter: Filter): string {
  const out: string[] = []
  if (filter.type.length > 0) out.push(`type:${filter.type.join(',')}`)
  if (filter.verdict.length > 0) out.push(`verdict:${filter.verdict.join(',')}`)
  for (const key of Object.keys(SINGLE) as Single[]) {
    const value = filter[key]
    if (value) out.push(`${key}:${quoted(value)}`)
  }
  if (filter.text) {
    // Plain words stay plain; what would be read as something else is quoted.
    const plainly = parseWords(filter.text)
    out.push(
      plainly.text === filter.text && writesOnly(plainly) ? filter.text : `text:${quoted(filter.text, true)}`,
    )
  }
  return out.join(' ')
}

const writesOnly = ({ type, verdict, text, ...rest }: Filter) =>
  type.length === 0 && verdict.length === 0 && text !== undefined && Object.keys(rest).length === 0

/** How many things a filter asks for beside text. */
export function narrowed(filter: Filter): number {
  const single = (Object.keys(SINGLE) as Single[]).filter((key) => filter[key]).length
  return single + Number(filter.type.length > 0) + Number(filter.verdict.length > 0)
}

/** The filter as the API's query parameters. */
export function toQuery(filter: Filter): Record<string, string> {
  const query: Record<string, string> = {}
  if (filter.type.length > 0) query.type = filter.type.join(',')
  if (filter.verdict.length > 0) query.verdict = filter.verdict.join(',')
  for (const key of Object.keys(SINGLE) as Single[]) {
    const value = filter[key]
    if (value) query[SINGLE[key]] = value
  }
  if (filter.text) query.text = beginning(filter.text)
  return query
}

/** Bytes of a text that the API looks for; whatever holds all of it holds its beginning. */
const TEXT_BYTES_MAX = 1024

function beginning(text: string): string {
  let cut = text
  while (new TextEncoder().encode(cut).length > TEXT_BYTES_MAX)
    cut = cut.slice(0, Math.ceil(cut.length * 0.9) - 1)
  return cut
}

/** The words with one more thing asked for: a member of the payload, as the sender wrote it. */
export function narrowBy(words: string, pointer: string, value: string, written: string): string {
  const filter = parseWords(words)
  const key = (
    {
      '/type': 'type',
      '/event': 'event',
      '/name': 'event',
      '/userId': 'user',
      '/anonymousId': 'anon',
      '/messageId': 'id',
    } as const
  )[pointer]
  if (key === 'type') return writeWords({ ...filter, type: [value] })
  if (key) return writeWords({ ...filter, [key]: value })
  return writeWords({ ...filter, text: written })
}

function plain(written: string): string {
  if (!written.startsWith('"')) return written
  const inside = written.length > 1 && written.endsWith('"') ? written.slice(1, -1) : written.slice(1)
  return inside.replaceAll(/\\(.)/g, '$1')
}

const quoted = (value: string, always = false) =>
  !always && /^[^\s"\\]+$/.test(value) ? value : `"${value.replaceAll(/[\\"]/g, '\\$&')}"`
