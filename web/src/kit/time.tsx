import { useSyncExternalStore } from 'react'

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** How long ago or until, in words: "2 hr. ago". */
export function ago(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit)
  }
  if (Math.abs(seconds) < 5) return 'just now'
  return relative.format(Math.trunc(seconds), 'second')
}

/** "9 days", "5 hours" until a moment; "0 days" when it is over. */
export function daysLeft(at: string, now: Date = new Date()): string {
  const hours = Math.max(0, (new Date(at).getTime() - now.getTime()) / 3_600_000)
  if (hours > 0 && hours < 24) return `${Math.ceil(hours)} ${Math.ceil(hours) === 1 ? 'hour' : 'hours'}`
  const days = Math.ceil(hours / 24)
  return `${days} ${days === 1 ? 'day' : 'days'}`
}

// One clock for all times on the page.
let now = new Date()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  if (!timer) {
    // It stood still while nobody looked.
    now = new Date()
    timer = setInterval(() => {
      now = new Date()
      for (const each of listeners) each()
    }, 10_000)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The time now, to ten seconds; the component is drawn again when it moves on. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now)
}

/** A moment: relative, with the exact one on hover and for screen readers. `date` shows the day instead. */
export function Time({ at, date }: { at: string | null | undefined; date?: boolean }) {
  const current = useNow()
  if (!at) return <span>never</span>
  const moment = new Date(at)
  // A moment after the last tick is "just now", not in the future.
  const text = date
    ? day.format(moment)
    : ago(moment, moment > current && +moment - +current < 60_000 ? moment : current)
  return (
    <time dateTime={at} title={exact.format(moment)}>
      {text}
    </time>
  )
}

/** The whole local stamp of a moment. */
export const exactly = (at: string) => exact.format(new Date(at))
