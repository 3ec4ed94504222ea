import { describe, expect, it } from 'vitest'
import type { Overview, OverviewCount } from './data'
import { byType, changeOf, missing, pointsOf, share, stepsOf, timeOf } from './words'

const counted = (count: number, before = 0, change: number | null = null): OverviewCount => ({
  count,
  before,
  change,
  series: [count],
})

const steps: Overview['steps'] = {
  received: counted(100),
  failedOnIngest: counted(5),
  filteredAtSource: counted(1),
  duplicates: counted(4),
  accepted: counted(90),
  refusedRequests: counted(2),
  notRouted: counted(10),
  routed: counted(80),
  filteredAtDestination: counted(8),
  pending: counted(7),
  failedDelivery: counted(5),
  delivered: counted(60),
  retriedAttempts: counted(9),
}

describe('the steps', () => {
  it('add up to what was received, to a destination', () => {
    const all = stepsOf({ steps, destinations: null })
    expect(all.map(({ id, count }) => [id, count])).toEqual([
      ['received', 100],
      ['failedOnIngest', 5],
      ['filteredAtSource', 1],
      ['duplicates', 4],
      ['notRouted', 10],
      ['filteredAtDestination', 8],
      ['pending', 7],
      ['failedDelivery', 5],
      ['delivered', 60],
    ])
    expect(missing(all)).toBe(0)
    expect(missing(stepsOf({ steps: { ...steps, delivered: counted(58) }, destinations: null }))).toBe(2)
  })

  it('end, at a source, with what destinations can get', () => {
    const all = stepsOf({ steps, destinations: [] })
    expect(all.at(-1)).toMatchObject({ id: 'accepted', count: 90 })
    expect(missing(all)).toBe(0)
  })

  it('leave out what is rare while there is none of it', () => {
    const none = { ...steps, duplicates: counted(0), notRouted: counted(0) }
    expect(stepsOf({ steps: none, destinations: null })).toHaveLength(7)
  })
})

describe('words', () => {
  it('say how a count changed', () => {
    expect(changeOf(counted(5))).toEqual({ sign: '+', words: 'none before' })
    expect(changeOf(counted(0))).toBeNull()
    expect(changeOf(counted(12, 10, 0.2))).toEqual({ sign: '▲', words: '20%' })
    expect(changeOf(counted(9, 10, -0.1))).toEqual({ sign: '▼', words: '10%' })
    expect(changeOf(counted(10, 10, 0.001))).toEqual({ sign: '=', words: 'as before' })
    expect(changeOf(counted(240, 10, 23))).toEqual({ sign: '▲', words: '24 times' })
  })

  it('never make a part of everything, or of nothing', () => {
    expect(share(9_999, 10_000)).toBe('> 99.9%')
    expect(share(1, 10_000)).toBe('< 0.1%')
    expect(share(0, 10)).toBe('0%')
    expect(share(0, 0)).toBe('–')
    expect(pointsOf(0.123)).toBe('+12.3 pt')
    expect(pointsOf(null)).toBe('new')
  })
})

describe('time', () => {
  it('is the last day, a period, or two moments', () => {
    expect(timeOf({})).toEqual({ period: '24h' })
    expect(timeOf({ period: '7d' })).toEqual({ period: '7d' })
    expect(timeOf({ period: 'toString' })).toEqual({ period: '24h' })
    const from = '2026-11-29T10:00:00.000Z'
    const to = '2026-11-29T11:00:00.000Z'
    expect(timeOf({ from, to })).toEqual({ from, to })
    expect(timeOf({ from, to: from })).toEqual({ from })
    expect(timeOf({ from: 'yesterday' })).toEqual({ period: '24h' })
  })
})

it('takes the events of one call together', () => {
  const event = (type: string, name: string | null, delivered: number): Overview['events'][number] => ({
    type,
    name,
    accepted: delivered,
    failedOnIngest: 0,
    filteredAtSource: 0,
    delivered,
    share: delivered / 10,
    shareChange: null,
  })
  const events = [event('identify', null, 4), event('track', 'A', 3), event('track', 'B', 3)]
  expect(byType(events).map(({ type, name, delivered, share }) => [type, name, delivered, share])).toEqual([
    ['track', null, 6, 0.6],
    ['identify', null, 4, 0.4],
  ])
  // What it was made of is left alone.
  expect(events[1]?.delivered).toBe(3)
})
