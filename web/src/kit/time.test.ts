import { expect, test } from 'vitest'
import { ago, daysLeft } from './time'

const now = new Date('2026-11-25T12:00:00Z')
const before = (seconds: number) => ago(new Date(now.getTime() - seconds * 1000), now)

test('times are said in their largest whole unit', () => {
  expect(before(2)).toBe('just now')
  expect(before(42)).toMatch(/42 sec/)
  expect(before(119)).toMatch(/^1 min/)
  expect(before(7200)).toMatch(/^2 hr/)
  expect(before(86_400 * 3)).toMatch(/^3 days/)
})

test('a beta of 14 days ends to the hour', () => {
  const ends = '2026-12-09T12:00:00Z'
  const left = (at: string) => daysLeft(ends, new Date(at))
  expect(left('2026-11-25T12:00:00Z')).toBe('14 days')
  expect(left('2026-11-25T13:00:00Z')).toBe('14 days')
  expect(left('2026-12-08T12:30:00Z')).toBe('24 hours')
  expect(left('2026-12-09T11:00:00Z')).toBe('1 hour')
  expect(left('2026-12-09T12:00:00Z')).toBe('0 days')
})
