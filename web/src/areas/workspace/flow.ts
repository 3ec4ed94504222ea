/** How a destination fares, as far as is looked at here. */
export interface Fares {
  state: string
  pending: number
  lastDeliveredAt: string | null
}

/** What is said of the way from a source to a destination, and how its line looks. */
export interface Flow {
  look: 'flowing' | 'open' | 'stopped' | 'failing'
  tone: 'ok' | 'sunk' | 'warn' | 'bad'
  glyph: string
  word: string
  pending: number
}

/** The state of one line. What stops it stands before what happens on it. */
export function flowOf(source: string, enabled: boolean, fares: Fares | undefined): Flow {
  const pending = fares?.pending ?? 0
  if (!enabled) return { look: 'stopped', tone: 'warn', glyph: '‖', word: 'disabled', pending }
  switch (fares?.state) {
    case 'failing':
      return { look: 'failing', tone: 'bad', glyph: '✕', word: 'failing', pending }
    case 'misconfigured':
      return { look: 'failing', tone: 'bad', glyph: '✕', word: 'misconfigured', pending }
    case 'stopped':
      return { look: 'failing', tone: 'bad', glyph: '✕', word: 'stopped', pending }
    case 'recovering':
      return { look: 'failing', tone: 'warn', glyph: '◑', word: 'recovering', pending }
    case 'paused':
      return { look: 'stopped', tone: 'warn', glyph: '‖', word: 'paused', pending }
  }
  if (source === 'disabled')
    return { look: 'stopped', tone: 'sunk', glyph: '○', word: 'source disabled', pending }
  if (fares?.lastDeliveredAt && source === 'live') {
    return { look: 'flowing', tone: 'ok', glyph: '●', word: 'delivering', pending }
  }
  return { look: 'open', tone: 'sunk', glyph: '○', word: 'waiting for data', pending }
}

/** A curve that leaves a row level and arrives level. */
export function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = (x2 - x1) / 2
  const at = (value: number) => Math.round(value * 10) / 10
  return `M${at(x1)} ${at(y1)}C${at(x1 + bend)} ${at(y1)} ${at(x2 - bend)} ${at(y2)} ${at(x2)} ${at(y2)}`
}
