import { expect, test } from 'vitest'
import { bytes, duration, plural } from './figures'

test('figures carry their units', () => {
  expect(bytes(0)).toBe('0 B')
  expect(bytes(1_450)).toBe('1.4 kB')
  expect(bytes(268_435_456)).toBe('268 MB')
  expect(duration(850)).toBe('850 ms')
  expect(duration(1_400)).toBe('1.4 s')
  expect(duration(180_000)).toBe('3 min')
  expect(plural(1, 'event')).toBe('1 event')
  expect(plural(2, 'delivery', 'deliveries')).toBe('2 deliveries')
})
