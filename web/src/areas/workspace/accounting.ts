// What the API's books hold, which its document leaves open.

/** Messages that were stopped at one step for one reason. */
export interface Reason {
  step: string
  code: string
  count: number
}

/** What became of the messages that were for one destination. */
export interface Line {
  destination: string
  routed: number
  delivered: number
  pending: number
  discarded: number
  discards: Reason[]
  exhausted: number
  retried: number
  /** Whether the log agrees with the books; `null` where that was not counted. */
  balanced: boolean | null
}

/** What came in at one source in a stretch of time. */
export interface SourceBooks {
  /** Where the stretch begins, and how long it is; left out of a sum over all. */
  time?: string
  unit?: 'minute' | 'hour' | 'day'
  source?: string | null
  received: number
  accepted: number
  duplicates: number
  discarded: number
  discards: Reason[]
  refused: number
  refusals: Reason[]
  destinations: Line[]
}
