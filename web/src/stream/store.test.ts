import { describe, expect, it } from 'vitest'
import { comparePositions, PULSE_SECONDS, ROWS_MAX, type Row, StreamStore } from './store'

const NOW = Date.parse('2026-11-29T12:00:30.500Z')

const row = (at: number, more: Partial<Row> = {}): Row => ({
  position: String(at),
  receivedAt: '2026-11-29T12:00:29.000Z',
  verdict: 'accepted',
  bytes: 100,
  ...more,
})
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => row(from + at))
const positions = (store: StreamStore) => store.read().rows.map((each) => Number(each.position))

/** A store whose frames come when the test says so. */
function begin() {
  let publish: (() => void) | undefined
  let frames = 0
  const store = new StreamStore(
    () => NOW,
    (run) => {
      publish = run
    },
  )
  const frame = () => {
    const run = publish
    publish = undefined
    if (run) frames += 1
    run?.()
  }
  return { store, frame, frames: () => frames }
}

describe('positions', () => {
  it('are compared as numbers, beyond what a double holds', () => {
    expect(comparePositions('9', '10')).toBeLessThan(0)
    expect(comparePositions('18446744073709551615', '18446744073709551614')).toBeGreaterThan(0)
    expect(comparePositions('7', '7')).toBe(0)
    expect(comparePositions('0', '')).toBeGreaterThan(0)
  })
})

describe('the store', () => {
  it('keeps the order of the log and publishes once a frame', () => {
    const { store, frame, frames } = begin()
    let told = 0
    store.subscribe(() => {
      told += 1
    })
    store.arrive(rows(1, 4))
    store.arrive(rows(4, 6))
    expect(store.read().rows).toHaveLength(0)
    frame()
    expect(positions(store)).toEqual([1, 2, 3, 4, 5])
    expect([told, frames()]).toEqual([1, 1])
    frame()
    expect(told).toBe(1)
  })

  it('shows a position once, however often it comes', () => {
    const { store, frame } = begin()
    store.arrive(rows(1, 6))
    store.arrive(rows(3, 9))
    store.arrive(rows(2, 5))
    frame()
    expect(positions(store)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(store.read().arrived).toBe(8)
  })

  it('orders positions of different lengths', () => {
    const { store, frame } = begin()
    store.arrive(rows(8, 12))
    frame()
    expect(positions(store)).toEqual([8, 9, 10, 11])
    expect(store.indexOf('10')).toBe(2)
    expect(store.has('7')).toBe(false)
  })

  it('lets the oldest go above its limit, and can load them again', () => {
    const { store, frame } = begin()
    store.arrive(rows(1, 1_501))
    store.older([], true)
    store.arrive(rows(1_501, 2_501))
    frame()
    expect(positions(store)).toHaveLength(ROWS_MAX)
    expect(positions(store)[0]).toBe(501)
    expect(store.read().complete).toBe(false)
    store.pause()
    store.older(rows(401, 501).reverse(), false)
    frame()
    expect(positions(store)[0]).toBe(401)
    expect(positions(store)).toHaveLength(ROWS_MAX + 100)
  })

  it('does not move while it is paused, counts, and goes on unbroken', () => {
    const { store, frame } = begin()
    store.arrive(rows(1, 4))
    store.pause()
    store.arrive([row(4), row(5, { verdict: 'refused' })])
    frame()
    expect(positions(store)).toEqual([1, 2, 3])
    expect(store.read()).toMatchObject({ live: false, fresh: 2, freshFaulty: 1 })
    expect(store.resume()).toBe(true)
    frame()
    expect(positions(store)).toEqual([1, 2, 3, 4, 5])
    expect(store.read()).toMatchObject({ live: true, fresh: 0, freshFaulty: 0 })
  })

  it('shows the newest stretch alone after a pause that was too long to keep all of it', () => {
    const { store, frame } = begin()
    store.arrive(rows(1, 11))
    store.older([], true)
    store.pause()
    for (let from = 11; from < 10_011; from += 500) store.arrive(rows(from, from + 500))
    frame()
    expect(store.read().fresh).toBe(10_000)
    expect(positions(store)).toHaveLength(10)
    store.resume()
    frame()
    const shown = positions(store)
    expect(shown).toHaveLength(ROWS_MAX)
    expect(shown[shown.length - 1]).toBe(10_010)
    // Unbroken: each is followed by the next.
    expect(shown.every((at, place) => place === 0 || at === shown[place - 1]! + 1)).toBe(true)
    expect(store.read().complete).toBe(false)
  })

  it('drops from older pages what it has', () => {
    const { store, frame } = begin()
    store.arrive(rows(10, 13))
    store.older(rows(8, 12).reverse(), true)
    frame()
    expect(positions(store)).toEqual([8, 9, 10, 11, 12])
    expect(store.read().complete).toBe(true)
  })

  it('begins in the past when it is asked to, and says that it is not joined to the present', () => {
    const { store, frame } = begin()
    store.begin(rows(5, 9).reverse(), false)
    store.arrive(rows(50, 52))
    frame()
    expect(positions(store)).toEqual([5, 6, 7, 8])
    expect(store.read()).toMatchObject({ live: false, detached: true, fresh: 2 })
    expect(store.resume()).toBe(false)
    store.clear()
    store.arrive(rows(50, 52))
    frame()
    expect(positions(store)).toEqual([50, 51])
    expect(store.read()).toMatchObject({ live: true, detached: false })
  })

  it('lets the newest go for a reader who has gone far back', () => {
    const { store, frame } = begin()
    store.arrive(rows(1, 1_001))
    store.forgetNewest(400)
    frame()
    expect(positions(store)).toHaveLength(400)
    expect(positions(store)[399]).toBe(400)
    expect(store.read().detached).toBe(true)
  })

  it('tells of gaps until the reader has read of them', () => {
    const { store, frame } = begin()
    store.gap({ from: '10', to: '50' })
    frame()
    expect(store.read().gaps).toEqual([{ from: '10', to: '50' }])
    store.forgetGaps()
    frame()
    expect(store.read().gaps).toEqual([])
  })

  it('says how far behind it is, and when it is not any more', () => {
    const { store, frame } = begin()
    store.fellBehind(420, 3_000)
    frame()
    expect(store.read().behind).toEqual({ records: 420, ms: 3_000 })
    store.fellBehind(0, 0)
    frame()
    expect(store.read().behind).toBeNull()
  })

  it('counts by the second of the log', () => {
    const { store, frame } = begin()
    store.arrive([...rows(1, 4), row(4, { receivedAt: '2026-11-29T12:00:28.999Z' })])
    store.arrive([row(5, { receivedAt: '2026-11-29T11:00:00.000Z' })])
    frame()
    const { pulse } = store.read()
    expect(pulse).toHaveLength(PULSE_SECONDS)
    expect(pulse.slice(-2)).toEqual([1, 3])
    expect(pulse.reduce((sum, each) => sum + each, 0)).toBe(4)
  })
})
