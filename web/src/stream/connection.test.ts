// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { REST_AFTER_MS, StreamConnection } from './connection'
import { StreamStore } from './store'

/** The browser's EventSource as far as it is used, played by hand: happy-dom has none. */
class Source extends EventTarget {
  static all: Source[] = []
  closed = false
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    Source.all.push(this)
  }
  close() {
    this.closed = true
  }
  say(type: string, data: unknown, lastEventId = '') {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }))
  }
  get query() {
    return Object.fromEntries(new URL(this.url, 'http://localhost').searchParams)
  }
}

const last = () => Source.all.at(-1)!
const message = (position: string) => ({
  position,
  receivedAt: '2026-11-29T12:00:00.000Z',
  verdict: 'accepted',
  bytes: 1,
})

let hidden = false
let store: StreamStore
let connection: StreamConnection

const look = (away: boolean) => {
  hidden = away
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', Source)
  hidden = false
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
  Source.all = []
  store = new StreamStore(Date.now, (publish) => publish())
  connection = new StreamConnection(store, '/stream', { workspace: 'shop', type: 'track' }, 50)
})
afterEach(() => {
  connection.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  Reflect.deleteProperty(document, 'hidden')
})

describe('the connection', () => {
  it('begins with the newest, under the filter', () => {
    expect(last().query).toEqual({ workspace: 'shop', type: 'track', recent: '50' })
    last().say('messages', { messages: [message('7')] }, '9')
    expect(store.read().rows.map(({ position }) => position)).toEqual(['7'])
  })

  it('goes on behind what it has seen when it is lost, later each time', () => {
    last().say('messages', { messages: [message('7')] }, '9')
    last().onerror?.()
    expect(last().closed).toBe(true)
    expect(store.read().connection).toBe('lost')
    vi.advanceTimersByTime(1_999)
    expect(Source.all).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(last().query).toEqual({ workspace: 'shop', type: 'track', after: '9' })
    last().onerror?.()
    vi.advanceTimersByTime(3_999)
    expect(Source.all).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(Source.all).toHaveLength(3)
  })

  it('is given back by a tab that is hidden for a while, and resumes where it was', () => {
    last().say('messages', { messages: [message('7')] }, '9')
    look(true)
    vi.advanceTimersByTime(REST_AFTER_MS - 1)
    expect(last().closed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(last().closed).toBe(true)
    expect(store.read().connection).toBe('resting')
    look(false)
    expect(Source.all).toHaveLength(2)
    expect(last().query.after).toBe('9')
  })

  it('stays with a tab that is hidden for a moment', () => {
    look(true)
    vi.advanceTimersByTime(REST_AFTER_MS / 2)
    look(false)
    vi.advanceTimersByTime(REST_AFTER_MS * 2)
    expect(Source.all).toHaveLength(1)
    expect(last().closed).toBe(false)
  })

  it('says that there is nothing when nothing comes first', () => {
    last().onopen?.()
    expect(store.read().started).toBe(false)
    vi.advanceTimersByTime(500)
    expect(store.read().started).toBe(true)
  })

  it('ends when the server ends it, and says why', () => {
    last().say('closed', { reason: 'the source is gone' })
    expect(store.read()).toMatchObject({ connection: 'closed', reason: 'the source is gone' })
    look(true)
    look(false)
    vi.advanceTimersByTime(60_000)
    expect(Source.all).toHaveLength(1)
  })

  it('passes on how far behind it is, and what retention took', () => {
    last().say('behind', { behind: 12, ms: 3_000 })
    last().say('gap', { from: '1', to: '5' })
    expect(store.read()).toMatchObject({ behind: { records: 12, ms: 3_000 }, gaps: [{ from: '1', to: '5' }] })
  })
})
