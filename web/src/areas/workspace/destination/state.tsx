import { Badge } from '../../../kit/badge'
import type { Delivery, Destination } from './data'

type Tone = 'sunk' | 'accent' | 'ok' | 'warn' | 'bad'
type State = Delivery['state'] | 'retrying' | 'unknown'

const STATES: Record<State, { tone: Tone; glyph: string; word: string; says: string }> = {
  disabled: { tone: 'sunk', glyph: '○', word: 'Off', says: 'Nothing is sent while it is off.' },
  active: { tone: 'ok', glyph: '●', word: 'Delivering', says: 'Messages go out as they come in.' },
  starting: { tone: 'accent', glyph: '◌', word: 'Starting', says: 'It begins in a moment.' },
  misconfigured: {
    tone: 'bad',
    glyph: '✕',
    word: 'Settings do not fit',
    says: 'Messages wait until its settings are mended.',
  },
  paused: {
    tone: 'warn',
    glyph: '‖',
    word: 'Paused',
    says: 'Messages wait until you resume it.',
  },
  failing: {
    tone: 'bad',
    glyph: '✕',
    word: 'Failing',
    says: 'It refuses everything just now. Messages wait, and it is tried again by itself.',
  },
  retrying: {
    tone: 'warn',
    glyph: '↻',
    word: 'Retrying',
    says: 'Messages that it did not take are tried again by themselves.',
  },
  recovering: {
    tone: 'warn',
    glyph: '↻',
    word: 'Recovering',
    says: 'A few messages go out to see whether it is well again.',
  },
  stopped: { tone: 'bad', glyph: '✕', word: 'Stopped', says: 'Delivery has stopped within this server.' },
  unknown: { tone: 'sunk', glyph: '–', word: '…', says: '' },
}

/** The state of a destination; what was switched a moment ago is already so. */
export function stateOf(destination: Pick<Destination, 'enabled'>, delivery: Delivery | undefined) {
  const state: State = !destination.enabled
    ? 'disabled'
    : delivery?.state === 'disabled'
      ? 'starting'
      : delivery?.state === 'active' && delivery.retrying > 0
        ? 'retrying'
        : (delivery?.state ?? 'unknown')
  return { state, ...STATES[state] }
}

/** A state as the API calls it, in words. */
export const lookOf = (state: string) => STATES[state as State] ?? { ...STATES.unknown, word: state }

/** Its state in a word. */
export function StateBadge({
  destination,
  delivery,
}: {
  destination: Pick<Destination, 'enabled'>
  delivery: Delivery | undefined
}) {
  const { tone, glyph, word } = stateOf(destination, delivery)
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}

/** Why a destination is paused, in words. */
export const pauseCause = (cause: string) =>
  ({
    gone: 'the receiver answered 410: nobody listens there any more',
    failing: 'nothing but failure for too long',
  })[cause] ?? cause
