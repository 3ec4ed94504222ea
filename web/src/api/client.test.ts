import { expect, test } from 'vitest'
import { ApiFailure, read, readTagged } from './client'

const answer = (status: number, data: unknown, error?: unknown, headers = {}) =>
  Promise.resolve({ data, error, response: new Response(null, { status, headers }) })

test('an answer is what stands in data, with its version', async () => {
  const tagged = await readTagged(
    answer(200, { data: { source: { id: 'src_1' } } }, undefined, { etag: '"7"' }),
  )
  expect(tagged).toEqual({ value: { source: { id: 'src_1' } }, etag: '"7"' })
})

test('a refusal carries its faults and when to try again', async () => {
  const errors = [{ type: 'rate', code: 'too_many', message: 'too many' }]
  const failed = read(answer(429, undefined, { errors }, { 'retry-after': '30' }))
  await expect(failed).rejects.toMatchObject({ status: 429, faults: errors, retryAfter: 30 })
})

test('no answer at all is a failure of status 0', async () => {
  const failed = read(Promise.reject(new TypeError('fetch failed')))
  await expect(failed).rejects.toBeInstanceOf(ApiFailure)
})
