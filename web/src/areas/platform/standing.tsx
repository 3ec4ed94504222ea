import { Badge } from '../../kit/badge'
import type { Standing } from './queries'

const SHOWN: Record<Standing, { tone: 'sunk' | 'accent' | 'ok' | 'warn'; glyph: string; word: string }> = {
  submitted: { tone: 'accent', glyph: '◔', word: 'Waiting' },
  answered: { tone: 'accent', glyph: '◕', word: 'Answered' },
  question: { tone: 'warn', glyph: '?', word: 'Asked' },
  approved: { tone: 'ok', glyph: '✓', word: 'Approved' },
  declined: { tone: 'sunk', glyph: '✕', word: 'Declined' },
  withdrawn: { tone: 'sunk', glyph: '↩', word: 'Withdrawn' },
}

/** How an application stands, as operators are told. */
export function StandingBadge({ status }: { status: Standing }) {
  const { tone, glyph, word } = SHOWN[status]
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}
