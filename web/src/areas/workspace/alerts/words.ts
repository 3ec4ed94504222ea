import type { Fault, Shapes } from '../../../api/client'
import { count } from '../../../kit/figures'

export type Alert = Shapes['AlertView']
export type Kind = Shapes['AlertKind']

interface KindWords {
  label: string
  /** When it is told. */
  says: string
  about: 'source' | 'destination'
  /** The percentage that decides, where there is one. */
  percent?: { label: string; usual: number }
  /** The time that is looked at, or waited, where it matters. */
  time?: { label: string; usual: number }
}

/** What can be watched, by what people call it; the first is what most want. */
export const KINDS: Record<Kind, KindWords> = {
  DESTINATION_STATE: {
    label: 'A destination stops',
    says: 'It is paused, it will be soon because it does nothing but fail, or its settings do not fit.',
    about: 'destination',
  },
  DELIVERY_RATE: {
    label: 'Deliveries fail',
    says: 'Too few attempts to deliver succeed. Fewer than 20 attempts in that time say nothing.',
    about: 'destination',
    percent: { label: 'Percent that must succeed', usual: 95 },
    time: { label: 'Of the attempts in the last', usual: 60 },
  },
  PENDING_AGE: {
    label: 'Messages wait',
    says: 'A message waits for its destination for too long.',
    about: 'destination',
    time: { label: 'Waits for', usual: 60 },
  },
  NO_DATA: {
    label: 'A source falls silent',
    says: 'A source that had messages has none any more.',
    about: 'source',
    time: { label: 'Silent for', usual: 1440 },
  },
  VOLUME_CHANGE: {
    label: 'Volume changes',
    says: 'A source has many more or fewer messages than in as much time before. Fewer than 20 say nothing.',
    about: 'source',
    percent: { label: 'Percent more or fewer', usual: 50 },
    time: { label: 'Within', usual: 1440 },
  },
}

const UNITS = { minute: 1, hour: 60, day: 1440 }

/** What a time is counted in. */
export type Unit = keyof typeof UNITS

/** A time in the largest unit that it is a whole number of. */
export function timeOf(minutes: number): { amount: number; unit: Unit } {
  const unit = minutes % UNITS.day === 0 ? 'day' : minutes % UNITS.hour === 0 ? 'hour' : 'minute'
  return { amount: minutes / UNITS[unit], unit }
}

/** "90 minutes", "1 day" */
export function lasting(minutes: number): string {
  const { amount, unit } = timeOf(minutes)
  return `${count(amount)} ${unit}${amount === 1 ? '' : 's'}`
}

/** What an alert watches, as the rest of a sentence that begins with "when"; `about` is the name of its one source or destination. */
export function watches(
  { kind, threshold, minutes }: Pick<Alert, 'kind' | 'threshold' | 'minutes'>,
  about: string | undefined,
): string {
  const thing = about ?? `any ${KINDS[kind].about}`
  const time = lasting(minutes)
  switch (kind) {
    case 'DELIVERY_RATE':
      return `of the attempts at ${thing} in ${time} fewer than ${threshold} % succeed`
    case 'VOLUME_CHANGE':
      return `${thing} has ${threshold} % more or fewer messages in ${time} than before`
    case 'NO_DATA':
      return `${thing} has no message for ${time}`
    case 'PENDING_AGE':
      return `a message waits for ${thing} for ${time}`
    case 'DESTINATION_STATE':
      return `${thing} is paused, about to be, or its settings do not fit`
  }
}

/** An alert as it is typed. */
export interface Draft {
  kind: Kind
  /** The id of the one that it is about; empty for all. */
  about: string
  /** `null` follows what is watched until somebody types one. */
  name: string | null
  percent: string
  amount: string
  unit: Unit
  /** One address on each line. */
  emails: string
  /** `null` is the webhook that is set and stays: its address is never shown whole. */
  webhook: string | null
}

/** What holds usually for what is watched. */
export function usual(kind: Kind): Pick<Draft, 'kind' | 'percent' | 'amount' | 'unit'> {
  const { amount, unit } = timeOf(KINDS[kind].time?.usual ?? 60)
  return { kind, percent: String(KINDS[kind].percent?.usual ?? ''), amount: String(amount), unit }
}

/** What the editor begins with; `email` is whose alert it probably is. */
export function draftOf(alert: Alert | undefined, email: string, kind: Kind = 'DESTINATION_STATE'): Draft {
  if (!alert) return { ...usual(kind), about: '', name: null, emails: email, webhook: '' }
  const { amount, unit } = timeOf(alert.minutes)
  return {
    kind: alert.kind,
    about: alert.aboutId ?? '',
    name: alert.name,
    percent: String(alert.threshold ?? ''),
    amount: String(amount),
    unit,
    emails: alert.emails.join('\n'),
    webhook: alert.webhookUrl ? null : '',
  }
}

/** The addresses that were typed. */
export const addresses = (typed: string) =>
  typed
    .split(/[\s,;]+/)
    .map((each) => each.trim())
    .filter(Boolean)

/** What to send of a draft, apart from what never changes. Faults are at the same pointers as the API's own. */
export function saidBy(draft: Draft): { said: Shapes['AlertChanges']; faults: Fault[] } {
  const { kind, percent, amount, unit, emails, webhook } = draft
  const faults: Fault[] = []
  const number = (typed: string, pointer: string) => {
    const value = Number(typed)
    if (typed.trim() !== '' && Number.isInteger(value)) return value
    faults.push({ type: 'input-validation', code: 'invalid', message: 'this is no whole number', pointer })
    return undefined
  }
  const { percent: decides, time } = KINDS[kind]
  const threshold = decides ? number(percent, '/threshold') : undefined
  const many = time ? number(amount, '/minutes') : undefined
  const said: Shapes['AlertChanges'] = {
    threshold,
    minutes: many === undefined ? undefined : many * UNITS[unit],
    emails: addresses(emails),
  }
  if (webhook !== null) said.webhookUrl = webhook.trim()
  return { said, faults }
}
