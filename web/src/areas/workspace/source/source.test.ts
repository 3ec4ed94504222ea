import { expect, test } from 'vitest'
import { isPrivate, kindOf, masked, mayAdminister, type Source, stateOf } from './source'

const source = (given: object, metadata: object = {}) =>
  ({
    enabled: true,
    writeKeys: [],
    lastDataAt: null,
    ...given,
    metadata: { categories: ['Website'], isCloudEventSource: false, status: 'PUBLIC', ...metadata },
  }) as unknown as Source

const now = new Date('2026-11-29T12:00:00Z')

test('a source is live, silent, new or disabled', () => {
  expect(stateOf(source({ lastDataAt: '2026-11-29T11:30:00Z' }), now)).toBe('live')
  expect(stateOf(source({ lastDataAt: '2026-11-29T10:59:00Z' }), now)).toBe('silent')
  expect(stateOf(source({}), now)).toBe('new')
  expect(stateOf(source({ enabled: false, lastDataAt: '2026-11-29T11:59:00Z' }), now)).toBe('disabled')
})

test('a source is private until it is approved', () => {
  expect(isPrivate(source({}, { status: 'PRIVATE_BUILDING' }))).toBe(true)
  expect(isPrivate(source({}, { status: 'PRIVATE_SUBMITTED' }))).toBe(true)
  expect(isPrivate(source({}, { status: 'PUBLIC_BETA' }))).toBe(false)
})

test('whoever sees write keys may change the source', () => {
  expect(mayAdminister(source({}))).toBe(false)
  expect(mayAdminister(source({ writeKeys: ['k'] }))).toBe(true)
})

test('its kind is a word', () => {
  expect(kindOf(source({}, { isCloudEventSource: true }))).toBe('cloud')
  expect(kindOf(source({}))).toBe('website')
  expect(kindOf(source({}, { categories: [] }))).toBe('custom')
})

test('a masked key shows how it begins and ends', () => {
  expect(masked('PLzRpE4dxPkyVuonvRaZ7RqGavT1eSVg')).toBe('PLzRpE••••••••eSVg')
})
