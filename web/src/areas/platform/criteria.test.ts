import { expect, test } from 'vitest'
import { CRITERIA, ticks, whyNotApprove } from './criteria'

test('what is not ticked or has no note keeps it from being approved', () => {
  expect(whyNotApprove(ticks([]))).toContain('4 of 4')
  const met = CRITERIA.map(({ criterion }) => ({ criterion, met: true, note: 'Looked at their site.' }))
  expect(whyNotApprove(ticks(met.slice(1)))).toContain('1 of 4')
  expect(whyNotApprove(ticks([{ ...met[0]!, note: ' ' }, ...met.slice(1)]))).toContain('a note')
  expect(whyNotApprove(ticks(met))).toBeUndefined()
})
