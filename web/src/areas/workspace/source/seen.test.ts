import { expect, test } from 'vitest'
import { BARS, eventName, fitting, newestOf, type SeenEvent, share, trend, typesInWords } from './seen'

const event = (given: Partial<SeenEvent>): SeenEvent => ({
  type: 'track',
  name: 'Order Completed',
  count: 12,
  accepted: 11,
  discarded: 1,
  firstSeenAt: '2026-11-25T12:00:00.000Z',
  lastSeenAt: '2026-11-25T12:30:00.000Z',
  series: [],
  blocked: false,
  archived: false,
  destinationsOff: [],
  properties: [],
  ...given,
})
const price = {
  name: 'products.$.price',
  count: 12,
  accepted: 11,
  discarded: 1,
  lastSeenAt: '2026-11-25T12:30:00.000Z',
  types: { number: 11, string: 1 },
}

test('events are found by name, call and property', () => {
  const order = event({ properties: [price] })
  const identify = event({ type: 'identify', name: null })
  const all = [order, identify]
  expect(fitting(all, '')).toEqual(all)
  expect(fitting(all, 'order')).toEqual([order])
  expect(fitting(all, 'identify')).toEqual([identify])
  expect(fitting(all, 'PRICE')).toEqual([order])
  expect(fitting(all, 'nothing')).toEqual([])
})

test('what has no name is called after its call', () => {
  expect(eventName(event({}))).toBe('Order Completed')
  expect(eventName(event({ type: 'identify', name: null }))).toBe('Identify calls')
  expect(eventName(event({ type: 'page', name: null }))).toBe('Page without a name')
})

test('types are said with their shares where there are several', () => {
  expect(typesInWords({ string: 5 })).toBe('string')
  expect(typesInWords({ string: 1, number: 11 })).toBe('number 92%, string 8%')
})

test('a share never rounds to everything or nothing', () => {
  expect(share(999, 1000)).toBe('> 99%')
  expect(share(1, 1000)).toBe('< 1%')
  expect(share(0, 10)).toBe('0%')
  expect(share(10, 10)).toBe('100%')
})

test('a trend has its bars where the events came, and nothing between', () => {
  const at = (hour: number, accepted: number, discarded = 0) => ({
    at: new Date(Date.UTC(2026, 10, 25, hour)).toISOString(),
    accepted,
    discarded,
  })
  const often = event({ series: [at(-20, 9), at(9, 2, 1), at(12, 5)] })
  const late = event({ name: 'Refunded', series: [at(14, 1)] })
  const newest = newestOf([often, late])
  expect(newest).toBe(Date.UTC(2026, 10, 25, 14))
  const bars = trend(often, 'hour', newest)
  expect(bars).toHaveLength(BARS)
  expect([bars.at(-1), bars.at(-3), bars.at(-6)]).toEqual([0, 5, 3])
  expect(bars.reduce((sum, count) => sum + count, 0)).toBe(8)
  expect(trend(late, 'day', newest).at(-1)).toBe(1)
  expect(newestOf([])).toBe(0)
})
