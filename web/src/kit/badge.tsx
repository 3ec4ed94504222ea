import type { ReactNode } from 'react'
import type { Shapes } from '../api/client'
import css from './badge.module.css'
import { daysLeft } from './time'

type Tone = 'sunk' | 'accent' | 'ok' | 'warn' | 'bad' | 'beta'

/** A word for a state, with a glyph: never colour alone. */
export function Badge({
  tone = 'sunk',
  glyph,
  children,
}: {
  tone?: Tone
  glyph?: string
  children: ReactNode
}) {
  return (
    <span className={`${css.badge} ${css[tone]}`}>
      {glyph && <span aria-hidden>{glyph}</span>}
      {children}
    </span>
  )
}

interface Life {
  status: Shapes['State']
  /** Whether a review asked for changes that are still to be made. */
  changesRequested?: boolean
  betaEndsAt?: string | null
}

/** Where a listing is in its life, as people are told. */
export function lifeOf({ status, changesRequested, betaEndsAt }: Life): {
  tone: Tone
  glyph: string
  word: string
  cell: number
  waits?: boolean
} {
  switch (status) {
    case 'PRIVATE_BUILDING':
      return changesRequested
        ? { tone: 'warn', glyph: '◑', word: 'Changes requested', cell: 2, waits: true }
        : { tone: 'sunk', glyph: '○', word: 'Private building', cell: 0 }
    case 'PRIVATE_SUBMITTED':
      return { tone: 'accent', glyph: '◔', word: 'In review', cell: 2 }
    case 'PRIVATE_BETA':
      return { tone: 'beta', glyph: '◒', word: 'Private beta', cell: 3 }
    case 'PUBLIC_BETA': {
      const left = betaEndsAt ? daysLeft(betaEndsAt) : null
      return { tone: 'beta', glyph: 'β', word: left === null ? 'Beta' : `Beta · ${left} left`, cell: 3 }
    }
    case 'PUBLIC':
      return { tone: 'ok', glyph: '●', word: 'Public', cell: 4 }
    case 'DEPRECATED':
      return { tone: 'warn', glyph: '‖', word: 'Deprecated', cell: 4, waits: true }
    case 'UNAVAILABLE':
      return { tone: 'sunk', glyph: '✕', word: 'Not listed', cell: 4, waits: true }
  }
}

/** The state of a listing. */
export function LifeBadge(life: Life) {
  const { tone, glyph, word } = lifeOf(life)
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}

const CELLS = ['build', 'submitted', 'reviewed', 'beta', 'public']

/** The five-cell stamp: build, submitted, reviewed, beta, public. */
export function Stamp(life: Life) {
  const { cell, waits, word } = lifeOf(life)
  return (
    <span className={css.stamp} role="img" aria-label={`Step ${cell + 1} of 5, ${CELLS[cell]}: ${word}`}>
      {CELLS.map((name, at) => (
        <span
          key={name}
          className={at < cell ? css.done : at === cell ? (waits ? css.waits : css.now) : ''}
        />
      ))}
    </span>
  )
}

/** The badge that customers see: of a beta, and nothing otherwise. */
export function BetaBadge({ status }: { status: Shapes['State'] }) {
  if (status === 'PUBLIC_BETA' || status === 'PRIVATE_BETA') {
    return (
      <Badge tone="beta" glyph="β">
        {status === 'PUBLIC_BETA' ? 'Beta' : 'Private beta'}
      </Badge>
    )
  }
  if (status === 'PUBLIC') return null
  return <LifeBadge status={status} />
}
