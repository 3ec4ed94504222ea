import { act, renderHook } from '@testing-library/react'
import { expect, test } from 'vitest'
import { ApiFailure } from '../api/client'
import { failureFaults, useApiForm } from './form'

const fault = (pointer: string | null, message: string) => ({
  type: 'input-validation',
  code: 'c',
  message,
  pointer,
  fix: 'try another',
})

test('a fault lands at the field that its pointer names, the rest in the summary', async () => {
  const refusal = new ApiFailure(422, [fault('/slug', 'it is taken'), fault('/elsewhere', 'no')], null)
  const { result } = renderHook(() =>
    useApiForm({ values: { name: 'Acme', slug: 'acme' }, send: () => Promise.reject(refusal) }),
  )
  // What a component reads while it is drawn is what it is told about.
  void result.current.errors.slug
  await act(() => result.current.submit())
  expect(result.current.errors.slug?.message).toBe('It is taken. Try another.')
  expect(result.current.faults.map(({ pointer }) => pointer)).toEqual(['/elsewhere'])
})

test('without an answer there is something to do all the same', () => {
  expect(failureFaults(new ApiFailure(0, [], null))[0]?.code).toBe('unreachable')
})
