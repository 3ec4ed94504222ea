import { act, fireEvent, render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Search } from './fields'

const box = () => screen.getByRole('searchbox') as HTMLInputElement

it('keeps what is typed while the address lags behind, and takes over what comes from outside', () => {
  const heard: string[] = []
  const at = (value: string) => <Search label="Search" value={value} onChange={(text) => heard.push(text)} />
  const { rerender } = render(at(''))
  fireEvent.change(box(), { target: { value: 'p' } })
  fireEvent.change(box(), { target: { value: 'pu' } })
  expect(heard).toEqual(['p', 'pu'])
  act(() => rerender(at('p')))
  expect(box().value).toBe('pu')
  act(() => rerender(at('pu')))
  expect(box().value).toBe('pu')
  act(() => rerender(at('')))
  expect(box().value).toBe('')
})
