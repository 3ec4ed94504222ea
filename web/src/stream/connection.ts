import type { Row, StreamStore } from './store'

/** A hidden tab gives its connection back after this: browsers allow six per host. */
export const REST_AFTER_MS = 10_000
/** What there is to begin with comes in the first frame; without one there is nothing. */
const FIRST_FRAME_MS = 500
/** How many of the newest messages a viewer begins with. */
export const RECENT = 200

const RETRY_MS = [2_000, 4_000, 8_000, 15_000, 30_000]

/** Feeds a store from a source's live stream until `close` is called, and resumes where it was. */
export class StreamConnection {
  private source: EventSource | undefined
  private cursor = ''
  private failures = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private first: ReturnType<typeof setTimeout> | undefined
  private rest: ReturnType<typeof setTimeout> | undefined
  private readonly ticking: ReturnType<typeof setInterval>

  /** `recent` is how many of the newest messages come first. */
  constructor(
    private readonly store: StreamStore,
    private readonly path: string,
    private readonly query: Record<string, string>,
    private readonly recent = RECENT,
  ) {
    document.addEventListener('visibilitychange', this.looked)
    this.ticking = setInterval(() => {
      if (!document.hidden) store.tick()
    }, 1_000)
    this.open()
  }

  /** Tries again at once. */
  reconnect(): void {
    this.failures = 0
    this.open()
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.looked)
    clearInterval(this.ticking)
    clearTimeout(this.rest)
    this.shut()
  }

  private shut(): void {
    clearTimeout(this.retry)
    clearTimeout(this.first)
    this.retry = undefined
    this.source?.close()
    this.source = undefined
  }

  private open(): void {
    this.shut()
    this.store.connected('connecting')
    const query = new URLSearchParams(this.query)
    if (this.cursor) query.set('after', this.cursor)
    else query.set('recent', String(this.recent))
    const source = new EventSource(`${this.path}?${query}`)
    this.source = source
    source.onopen = () => {
      this.failures = 0
      this.store.connected('open')
      this.first = setTimeout(() => this.store.begun(), FIRST_FRAME_MS)
    }
    source.addEventListener('messages', (event) => {
      this.cursor = event.lastEventId || this.cursor
      this.store.arrive((JSON.parse(event.data) as { messages: Row[] }).messages)
    })
    source.addEventListener('behind', (event) => {
      const { behind, ms } = JSON.parse(event.data) as { behind: number; ms: number }
      this.store.fellBehind(behind, ms)
    })
    source.addEventListener('gap', (event) => {
      this.store.gap(JSON.parse(event.data) as { from: string; to: string })
    })
    source.addEventListener('closed', (event) => {
      const { reason } = JSON.parse(event.data) as { reason: string }
      this.shut()
      this.store.connected('closed', reason)
    })
    // The browser's own retry repeats the first address, `recent` and all; ours says how far we have come.
    source.onerror = () => {
      this.shut()
      this.store.connected('lost')
      const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]
      this.failures += 1
      this.retry = setTimeout(() => this.open(), wait)
    }
  }

  private readonly looked = () => {
    clearTimeout(this.rest)
    if (document.hidden) {
      this.rest = setTimeout(() => {
        if (!this.source && !this.retry) return
        this.shut()
        this.store.connected('resting')
      }, REST_AFTER_MS)
    } else if (this.store.read().connection === 'resting' || !this.source) {
      if (this.store.read().connection !== 'closed') this.reconnect()
    }
  }
}
