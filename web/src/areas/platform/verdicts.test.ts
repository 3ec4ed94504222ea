import { expect, test } from 'vitest'
import type { Shapes } from '../../api/client'
import { partOf, whyNotApprove, whyNotRequest } from './verdicts'

const part = (
  part: Shapes['Part'],
  verdict: Shapes['Verdict'] | null,
  openComments = 0,
): Shapes['PartReview'] => ({
  part,
  verdict,
  openComments,
})

test('every part has to pass first', () => {
  const open = {
    parts: [part('functionality', 'passed'), part('metadata', null), part('documentation', null)],
    outcome: { outcome: 'open' as const, parts: ['metadata', 'documentation'] as Shapes['Part'][] },
  }
  expect(whyNotApprove(open)).toContain('catalog metadata, documentation')
  expect(whyNotApprove({ parts: [], outcome: { outcome: 'passed' } })).toBeUndefined()
})

test('who asks for changes says which', () => {
  const outcome = { outcome: 'changes' as const, parts: ['metadata'] as Shapes['Part'][] }
  expect(whyNotApprove({ parts: [], outcome })).toContain('must change')
  expect(whyNotRequest({ parts: [part('metadata', 'changes')], outcome })).toContain('catalog metadata')
  expect(whyNotRequest({ parts: [part('metadata', 'changes', 1)], outcome })).toBeUndefined()
  expect(whyNotRequest({ parts: [], outcome: { outcome: 'passed' } })).toContain('judge at least one part')
})

test('a field belongs to a part', () => {
  expect(partOf('/docs/stream')).toBe('documentation')
  expect(partOf('/docsUrl')).toBe('documentation')
  expect(partOf('/events/0')).toBe('functionality')
  expect(partOf('/name')).toBe('metadata')
})
