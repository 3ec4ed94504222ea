import type { Shapes } from '../../../../api/client'
import { count, plural } from '../../../../kit/figures'

/** A replay as the API shows it. */
export type Replay = Shapes['ReplayView']

type Tone = 'sunk' | 'accent' | 'ok' | 'warn' | 'bad'

/** How a replay's state looks and what it is called. */
export interface Look {
  tone: Tone
  glyph: string
  word: string
}

const LOOKS: Record<string, Look> = {
  counting: { tone: 'accent', glyph: '◌', word: 'Counting' },
  ready: { tone: 'accent', glyph: '○', word: 'Ready to start' },
  running: { tone: 'ok', glyph: '▸', word: 'Running' },
  paused: { tone: 'warn', glyph: '‖', word: 'Paused' },
  done: { tone: 'ok', glyph: '●', word: 'Done' },
  cancelled: { tone: 'sunk', glyph: '✕', word: 'Cancelled' },
}

/** The state of a replay; one that something stopped is not just paused. */
export function lookOf({ state, problem }: Pick<Replay, 'state' | 'problem'>): Look {
  if (problem && state === 'paused') return { tone: 'bad', glyph: '✕', word: 'Stopped' }
  return LOOKS[state] ?? { tone: 'sunk', glyph: '–', word: state }
}

/** Whether its numbers change by themselves. */
export const moves = ({ state }: Pick<Replay, 'state'>) => state === 'counting' || state === 'running'

/** Whether it has come to its end: nothing more is sent. */
export const hasEnded = ({ state }: Pick<Replay, 'state'>) => state === 'done' || state === 'cancelled'

/** What a replay can be told in its state. */
export function ordersFor({ state }: Pick<Replay, 'state'>): ('start' | 'pause' | 'resume' | 'cancel')[] {
  switch (state) {
    case 'counting':
      return ['cancel']
    case 'ready':
      return ['start', 'cancel']
    case 'running':
      return ['pause', 'cancel']
    case 'paused':
      return ['resume', 'cancel']
    default:
      return []
  }
}

/** Why a replay stands still, and what to do: `settings` where its settings have to be mended first. */
export function troubleOf(code: string): { what: string; remedy: string; settings?: boolean } {
  switch (code) {
    case 'bad_settings':
      return {
        what: 'The settings of the destination do not fit.',
        remedy: 'Mend them, then resume. It goes on where it was.',
        settings: true,
      }
    case 'destination_not_ready':
      return {
        what: 'The destination takes nothing just now.',
        remedy: 'Look after the receiver, then resume. It goes on where it was.',
      }
    case 'destination_gone':
      return {
        what: 'The receiver says that nobody listens there any more.',
        remedy: 'Set the address of one that does, then resume.',
        settings: true,
      }
    case 'destination_deleted':
      return { what: 'The destination was deleted.', remedy: 'Nothing can be sent to it any more: cancel.' }
    case 'log_unavailable':
      return {
        what: 'The messages could not be read.',
        remedy: 'Resume in a minute. If it stays so, tell whoever runs this server.',
      }
    default:
      return { what: 'Something stands in its way.', remedy: 'Mend it, then resume.' }
  }
}

/** What a replay sends again, in a few words: "track · Order Completed · user_1". */
export function askedInWords({
  types,
  events,
  userId,
  anonymousId,
}: Pick<Replay, 'types' | 'events' | 'userId' | 'anonymousId'>): string {
  const parts = [
    types.join(', '),
    events.length > 3 ? `${events.slice(0, 2).join(', ')} and ${events.length - 2} more` : events.join(', '),
    userId,
    anonymousId,
  ]
  return parts.filter(Boolean).join(' · ') || 'everything'
}

/** What became of what was found, adding up; `null` before it is counted. */
export function accountOf({ matched, delivered, filtered, refused, left }: Replay): string | null {
  if (left === null || left === undefined) return null
  const parts: [number, string][] = [
    [delivered, 'delivered'],
    [filtered, 'filtered'],
    [refused, 'refused'],
    [left, 'left'],
  ]
  const some = parts.filter(([many]) => many > 0).map(([many, word]) => `${count(many)} ${word}`)
  return `${count(matched)} found = ${some.join(' + ') || '0'}`
}

/** "2 min", "3 h 20 min": how long so many seconds are. */
export function lasting(seconds: number): string {
  if (seconds < 1) return 'no time'
  if (seconds < 60) return plural(Math.round(seconds), 'second')
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return plural(Math.round(hours / 24), 'day')
}

const HOUR = 3_600_000

/** Stretches of time that a replay is usually for. */
export const STRETCHES: Record<string, { label: string; hours: number | null }> = {
  '1h': { label: 'The last hour', hours: 1 },
  '24h': { label: 'The last 24 hours', hours: 24 },
  '7d': { label: 'The last 7 days', hours: 7 * 24 },
  '30d': { label: 'The last 30 days', hours: 30 * 24 },
  all: { label: 'All that is kept', hours: null },
}

/** From when to when; `custom` takes the times that were typed, which are local ones. */
export function spanOf(
  { stretch, from, to }: { stretch: string; from: string; to: string },
  now: number,
): { from: string; to?: string } | { fault: { field: 'from' | 'to'; message: string } } {
  if (stretch !== 'custom') {
    const hours = STRETCHES[stretch]?.hours
    return { from: new Date(hours ? now - hours * HOUR : 0).toISOString() }
  }
  const begin = new Date(from)
  if (Number.isNaN(begin.getTime())) return { fault: { field: 'from', message: 'Say when it begins.' } }
  if (!to) return { from: begin.toISOString() }
  const end = new Date(to)
  if (Number.isNaN(end.getTime())) return { fault: { field: 'to', message: 'This is no time.' } }
  if (end <= begin) return { fault: { field: 'to', message: 'It ends before it begins.' } }
  return { from: begin.toISOString(), to: end.toISOString() }
}
