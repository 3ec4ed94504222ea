import type { Shapes } from '../api/client'

/** One line of the debugger. */
export type Row = Shapes['MessageRow']

/** Rows that stay in the page while it is live. */
export const ROWS_MAX = 2_000
/** Rows that a reader who goes back through the log may gather before the newest ones are let go. */
export const HISTORY_MAX = 20_000
/** Seconds that the pulse looks back. */
export const PULSE_SECONDS = 60

/** Where a retention gap lies, as the stream told it. */
export interface Gap {
  from: string
  to: string
}

/** How the stream stands. */
export type Connection = 'connecting' | 'open' | 'resting' | 'lost' | 'closed'

/** What is shown: a value that never changes, made anew once a frame. */
export interface Snapshot {
  /** Oldest first; the list shows them from the end. */
  rows: readonly Row[]
  live: boolean
  /** Rows that came while the reader looked elsewhere. */
  fresh: number
  /** Of these, the ones that were not accepted. */
  freshFaulty: number
  /** Not all of what is newer than the list stands in `fresh`: "the newest" begins anew. */
  detached: boolean
  /** About how many records the stream is behind the log. */
  behind: { records: number; ms: number } | null
  gaps: readonly Gap[]
  connection: Connection
  /** Why the server closed the stream. */
  reason: string | null
  /** Rows per second of the last minute, oldest first. */
  pulse: readonly number[]
  /** Whether the stream has said anything yet. */
  started: boolean
  /** How many rows the stream has brought. */
  arrived: number
  /** Whether everything older than the list has been loaded. */
  complete: boolean
}

/** Positions are whole numbers of any length, as text. */
export function comparePositions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

type Clock = () => number
type Schedule = (publish: () => void) => void

/** Once a frame; a hidden page has none, and waits a second. */
const onceAFrame: Schedule = (publish) => {
  if (typeof document === 'undefined' || document.hidden) setTimeout(publish, 1_000)
  else requestAnimationFrame(publish)
}

/**
 * What one viewer of a source has seen: rows in the order of the log, each once, outside React. It is published at most
 * once a frame, whatever the stream brings.
 *
 * The rows are always one unbroken stretch of what passes the filter: what is let go at the old end is loaded again from
 * the log, and what is let go at the new end makes the list `detached`.
 */
export class StreamStore {
  private rows: Row[] = []
  private waiting: Row[] = []
  private fresh = 0
  private freshFaulty = 0
  private arrived = 0
  private newest = ''
  private live = true
  private detached = false
  private behind: Snapshot['behind'] = null
  private gaps: Gap[] = []
  private connection: Connection = 'connecting'
  private reason: string | null = null
  private started = false
  private complete = false
  private seconds = new Map<number, number>()
  private drawn: { second: number; pulse: readonly number[] } | undefined
  private ahead = 0

  private snapshot: Snapshot
  private listeners = new Set<() => void>()
  private scheduled = false

  constructor(
    private readonly now: Clock = Date.now,
    private readonly schedule: Schedule = onceAFrame,
  ) {
    this.snapshot = this.take()
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }
  readonly read = (): Snapshot => this.snapshot

  /** Rows of the stream, oldest first. Rows that are known already, after a reconnection, are left out. */
  arrive(rows: readonly Row[]): void {
    const first = rows.findIndex((row) => comparePositions(row.position, this.newest) > 0)
    this.started = true
    if (first >= 0) {
      const news = first === 0 ? rows : rows.slice(first)
      this.newest = news[news.length - 1]!.position
      this.arrived += news.length
      this.count(news)
      if (this.live) {
        this.rows = this.rows.concat(news)
        this.trim()
      } else {
        this.fresh += news.length
        for (const row of news) if (row.verdict !== 'accepted') this.freshFaulty += 1
        for (const row of news) this.waiting.push(row)
        // Let go in lots, so that a long pause costs no copy a frame.
        if (this.waiting.length >= 2 * ROWS_MAX) this.waiting.splice(0, this.waiting.length - ROWS_MAX)
      }
    }
    this.changed()
  }

  /** Older rows from the log, newest first as the API gives them. `complete`: there are none behind them. */
  older(rows: readonly Row[], complete: boolean): void {
    const oldest = this.rows[0]?.position
    const news = rows
      .filter((row) => oldest === undefined || comparePositions(row.position, oldest) < 0)
      .reverse()
    this.rows = news.concat(this.rows)
    this.complete = complete
    const last = this.rows[this.rows.length - 1]
    if (last && comparePositions(last.position, this.newest) > 0) this.newest = last.position
    this.changed()
  }

  /** Begins the list in the past: these rows, newest first, with whatever is newer than them left out. */
  begin(rows: readonly Row[], complete: boolean): void {
    this.rows = []
    this.live = false
    this.detached = true
    this.older(rows, complete)
  }

  /** Lets the newest rows go so that older ones have room; the list is then no longer joined to the present. */
  forgetNewest(keep = ROWS_MAX): void {
    if (this.rows.length <= keep) return
    this.rows = this.rows.slice(0, keep)
    this.live = false
    this.detached = true
    this.changed()
  }

  /** Keeps the list as it is; what comes is counted. */
  pause(): void {
    if (!this.live) return
    this.live = false
    this.changed()
  }

  /** Shows what came meanwhile and goes on. `false`: the list was detached, so that the viewer has to begin anew. */
  resume(): boolean {
    if (this.detached) return false
    if (!this.live) {
      // As soon as some of the waiting rows were let go, the kept ones fill the list: it stays unbroken.
      const whole = this.waiting.length === this.fresh
      this.rows = whole ? this.rows.concat(this.waiting) : this.waiting
      this.waiting = []
      this.fresh = 0
      this.freshFaulty = 0
      this.live = true
      if (!whole) this.complete = false
      this.trim()
      this.changed()
    }
    return true
  }

  /** Begins anew, with nothing known. */
  clear(): void {
    this.rows = []
    this.waiting = []
    this.fresh = 0
    this.freshFaulty = 0
    this.arrived = 0
    this.newest = ''
    this.live = true
    this.detached = false
    this.behind = null
    this.gaps = []
    this.started = false
    this.complete = false
    this.seconds.clear()
    this.drawn = undefined
    this.changed()
  }

  /** The stream has said where it stands, with or without rows. */
  begun(): void {
    if (this.started) return
    this.started = true
    this.changed()
  }

  fellBehind(records: number, ms: number): void {
    this.behind = records > 0 ? { records, ms } : null
    this.changed()
  }

  gap(gap: Gap): void {
    this.gaps = [...this.gaps, gap]
    this.changed()
  }

  /** The reader has been told of the gaps. */
  forgetGaps(): void {
    this.gaps = []
    this.changed()
  }

  connected(connection: Connection, reason: string | null = null): void {
    this.connection = connection
    this.reason = reason
    this.changed()
  }

  /** Draws the pulse on while nothing arrives. */
  tick(): void {
    this.changed()
  }

  /** Whether a row stands in the list. */
  has(position: string): boolean {
    return this.indexOf(position) >= 0
  }

  /** Place of a position among the rows, oldest first; -1 when it is not there. */
  indexOf(position: string): number {
    return indexOf(this.rows, position)
  }

  private trim(): void {
    if (this.rows.length > ROWS_MAX) {
      this.rows = this.rows.slice(this.rows.length - ROWS_MAX)
      this.complete = false
    }
  }

  private count(rows: readonly Row[]): void {
    const running = this.second()
    for (const row of rows) {
      const at = Date.parse(row.receivedAt)
      // A server whose clock is ahead sets ours; seconds are those of its log.
      this.ahead = Math.max(this.ahead, at - this.now())
      const second = Math.floor(at / 1000)
      this.seconds.set(second, (this.seconds.get(second) ?? 0) + 1)
      if (second < running) this.drawn = undefined
    }
    if (this.seconds.size > 4 * PULSE_SECONDS) {
      const oldest = this.second() - PULSE_SECONDS
      for (const second of this.seconds.keys()) if (second < oldest) this.seconds.delete(second)
    }
  }

  private second(): number {
    return Math.floor((this.now() + this.ahead) / 1000)
  }

  /** The same value until another second is over, or a late row changes one that is. */
  private pulse(): readonly number[] {
    // Without the second that is still running.
    const second = this.second()
    if (this.drawn?.second !== second) {
      const start = second - PULSE_SECONDS
      const pulse = Array.from({ length: PULSE_SECONDS }, (_, at) => this.seconds.get(start + at) ?? 0)
      this.drawn = { second, pulse }
    }
    return this.drawn.pulse
  }

  private take(): Snapshot {
    const {
      rows,
      live,
      fresh,
      freshFaulty,
      detached,
      behind,
      gaps,
      connection,
      reason,
      started,
      arrived,
      complete,
    } = this
    const pulse = this.pulse()
    return {
      rows,
      live,
      fresh,
      freshFaulty,
      detached,
      behind,
      gaps,
      connection,
      reason,
      pulse,
      started,
      arrived,
      complete,
    }
  }

  private changed(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.schedule(() => {
      this.scheduled = false
      this.snapshot = this.take()
      for (const listener of this.listeners) listener()
    })
  }
}

/** Place of a position in rows that are in order; -1 when it is not there. */
export function indexOf(rows: readonly Row[], position: string): number {
  let low = 0
  let high = rows.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const order = comparePositions(rows[middle]!.position, position)
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return -1
}
