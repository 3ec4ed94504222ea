import type { Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { duration } from '../../kit/figures'
import { exactly, useNow } from '../../kit/time'

/** How long a submission may still wait, against the promised two business days. */
export function Due({ age }: { age: Shapes['Age'] }) {
  const left = age.dueAtMs - useNow().getTime()
  const title = `Promised until ${exactly(new Date(age.dueAtMs).toISOString())}`
  return (
    <span title={title}>
      {left > 0 ? (
        <Badge tone={left < 86_400_000 ? 'warn' : 'accent'} glyph="◔">
          due in {duration(left)}
        </Badge>
      ) : (
        <Badge tone="bad" glyph="!">
          overdue by {duration(-left)}
        </Badge>
      )}
    </span>
  )
}

const ROUNDS: Record<string, { tone: 'sunk' | 'accent' | 'ok' | 'warn'; glyph: string; word: string }> = {
  open: { tone: 'accent', glyph: '◔', word: 'Open' },
  approved: { tone: 'ok', glyph: '✓', word: 'Approved' },
  changesRequested: { tone: 'warn', glyph: '◑', word: 'Changes requested' },
  withdrawn: { tone: 'sunk', glyph: '↩', word: 'Withdrawn' },
  declined: { tone: 'sunk', glyph: '✕', word: 'Declined' },
}

/** How a submission stands. */
export function RoundBadge({ status }: { status: string }) {
  const { tone, glyph, word } = ROUNDS[status] ?? { tone: 'sunk', glyph: '·', word: status }
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}
