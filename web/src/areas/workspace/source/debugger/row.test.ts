import { expect, it } from 'vitest'
import type { Row } from '../../../../stream/store'
import { nameOf, userOf } from './row'

const row = (given: Partial<Row>): Row => ({
  position: '1',
  receivedAt: '2026-11-25T12:00:00.000Z',
  verdict: 'accepted',
  bytes: 100,
  ...given,
})

it('an identify call is called after whom it is about, with the address', () => {
  const identify = row({ type: 'identify', userId: '019mr8mf4r', email: 'ada@example.com' })
  expect(nameOf(identify)).toBe('019mr8mf4r (ada@example.com)')
  expect(userOf(identify)).toBe('')
  expect(nameOf(row({ type: 'identify', email: 'ada@example.com' }))).toBe('ada@example.com')
})

it('a track call is called after its event', () => {
  const track = row({ type: 'track', name: 'Order Completed', userId: '019mr8mf4r' })
  expect([nameOf(track), userOf(track)]).toEqual(['Order Completed', '019mr8mf4r'])
})
