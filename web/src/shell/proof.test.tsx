import { expect, test } from 'vitest'
import { ApiFailure } from '../api/client'
import { answer, useProof } from './proof'

const refusal = new ApiFailure(
  403,
  [{ type: 'error', code: 'proof_needed', message: 'this needs the password once more' }],
  null,
)
// It keeps no state of a component.
const proved = useProof

test('what needs no proof is done once', async () => {
  let calls = 0
  expect(await proved()(async () => ++calls)).toBe(1)
})

test('after the password was shown the call is done again', async () => {
  let calls = 0
  const done = proved()(async () => {
    calls += 1
    if (calls === 1) throw refusal
    return 'done'
  })
  await new Promise((next) => setTimeout(next))
  expect(calls).toBe(1)
  answer(true)
  expect(await done).toBe('done')
  expect(calls).toBe(2)
})

test('who closes the dialog gets the refusal', async () => {
  let calls = 0
  const done = proved()(async () => {
    calls += 1
    throw refusal
  })
  await new Promise((next) => setTimeout(next))
  answer(false)
  await expect(done).rejects.toBe(refusal)
  expect(calls).toBe(1)
})

test('another refusal is passed on', async () => {
  const other = new ApiFailure(409, [{ type: 'error', code: 'last_owner', message: 'no' }], null)
  await expect(
    proved()(async () => {
      throw other
    }),
  ).rejects.toBe(other)
})
