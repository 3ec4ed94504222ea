import { expect, test } from 'vitest'
import { curve, flowOf } from './flow'

const fares = (state: string, lastDeliveredAt: string | null = null) => ({
  state,
  pending: 3,
  lastDeliveredAt,
})

test('what stops a line stands before what happens on it', () => {
  expect(flowOf('live', false, fares('failing')).word).toBe('disabled')
  expect(flowOf('live', true, fares('failing', '2026-11-29T12:00:00Z')).word).toBe('failing')
  expect(flowOf('live', true, fares('paused')).look).toBe('stopped')
  expect(flowOf('disabled', true, fares('active', '2026-11-29T12:00:00Z')).word).toBe('source disabled')
})

test('a line is live when both ends are', () => {
  expect(flowOf('live', true, fares('active', '2026-11-29T12:00:00Z')).look).toBe('flowing')
  expect(flowOf('silent', true, fares('active', '2026-11-29T12:00:00Z')).look).toBe('open')
  expect(flowOf('live', true, fares('active')).look).toBe('open')
  expect(flowOf('live', true, undefined)).toMatchObject({ look: 'open', pending: 0 })
})

test('a curve leaves and arrives level', () => {
  expect(curve(0, 10, 100, 50)).toBe('M0 10C50 10 50 50 100 50')
})
