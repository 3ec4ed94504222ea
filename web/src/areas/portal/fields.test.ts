import { describe, expect, it } from 'vitest'
import type { Item, Submission } from './data'
import { fieldName, nextStep, placeOf, placeOfItem } from './fields'

const item = (key: string, done: boolean, field?: string): Item => ({
  key,
  label: key,
  done,
  detail: '',
  fix: '',
  field,
})
const round = (over: Partial<Submission>): Submission => ({
  id: 'sub_1',
  number: 1,
  purpose: 'launch',
  status: 'changesRequested',
  contentHash: '',
  submittedAt: '2026-11-25T12:00:00Z',
  parts: [],
  outcome: { outcome: 'changes', parts: [] },
  comments: [],
  ...over,
})
const comment = (resolvedAt: string | null): Submission['comments'][number] => ({
  id: 'c',
  part: 'metadata',
  text: 'Say who it is for.',
  audience: 'builder',
  createdAt: '2026-11-25T12:00:00Z',
  resolvedAt,
})

describe('places', () => {
  it('finds the page of a pointer', () => {
    expect(placeOf('/events/0/description')).toEqual({ tab: 'events', field: '/events/0/description' })
    expect(placeOf('/docs/stream').tab).toBe('documentation')
    expect(placeOf('/supportEmail').tab).toBe('catalog-info')
    expect(placeOfItem(item('installed', false))).toEqual({ tab: 'settings' })
    expect(placeOfItem(item('testAccount', false)).field).toBe('/testAccount')
  })
  it('names fields as people do', () => {
    expect(fieldName('/docs/stream')).toBe('Documentation › Stream')
    expect(fieldName('/events/1')).toBe('Events › number 2')
    expect(fieldName('/supportEmail')).toBe('Support address')
  })
})

describe('the next step', () => {
  const building = { status: 'PRIVATE_BUILDING', betaEndsAt: null, removedReason: null } as const
  it('is the first open line of the checklist', () => {
    const items = [item('description', true), item('logo', false, '/logo')]
    const next = nextStep(building, [], items)
    expect(next.words).toBe('Upload the logo')
    expect(next.place).toEqual({ tab: 'catalog-info', field: '/logo' })
  })
  it('is to answer, while notes of a review are open', () => {
    const rounds = [round({ comments: [comment(null), comment('2026-11-26T12:00:00Z')] })]
    expect(nextStep(building, rounds, [item('logo', false)]).words).toBe('1 note to answer')
  })
  it('is to resubmit, when they are dealt with', () => {
    const rounds = [round({ comments: [comment('2026-11-26T12:00:00Z')] })]
    expect(nextStep(building, rounds, [item('logo', true)]).words).toBe('Resubmit for review')
    expect(nextStep(building, [], [item('logo', true)]).words).toBe('Submit for review')
  })
  it('is nobody’s in beta', () => {
    const beta = { ...building, status: 'PUBLIC_BETA', betaEndsAt: '2026-12-02T12:00:00Z' } as const
    expect(nextStep(beta, [], [])).toEqual({ words: expect.stringMatching(/^Public on .*2/) })
  })
})
