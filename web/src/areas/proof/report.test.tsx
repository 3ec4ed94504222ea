import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { cleanup, render, screen, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, test } from 'vitest'
import type { Event, Report, Rule, Sample } from './found'
import { Events, Rules, Score, Walkthrough } from './report'

const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })
const draw = (page: ReactNode) =>
  render(<RouterContextProvider router={router as never}>{page}</RouterContextProvider>)
afterEach(cleanup)

const to = ({ position }: Sample) => <a href={`#${position}`}>Open</a>
const sample = (position: string, title: string, broken?: Sample['broken']): Sample => ({
  source: 'src_1',
  position,
  receivedAt: '2026-11-29T12:00:00.000Z',
  title,
  broken,
})
const rule = (part: Partial<Rule>): Rule => ({
  code: 'partner_user_id_missing',
  severity: 'error',
  title: "a partner's message has no userId",
  fix: 'send the userId that your customer gave you',
  docs: '/docs/spec#partner_user_id_missing',
  checked: 12,
  broken: 0,
  samples: [],
  ...part,
})

test('a broken rule shows its messages: what was found, what is expected, the corrected example', () => {
  const samples = ['30', '20', '10'].map((position) =>
    sample(position, 'Email Opened', {
      pointer: '/userId',
      found: 'nothing',
      expected: 'the id that your customer gave you',
      example: 'user_1',
    }),
  )
  draw(<Rules rules={[rule({ broken: 3, samples })]} to={to} />)
  const shown = screen.getByRole('group')
  expect(shown).toHaveProperty('open', true)
  expect(shown.textContent).toContain('3 of 12 messages')
  expect(within(shown).getAllByRole('link', { name: 'Open' })).toHaveLength(3)
  expect(within(shown).getAllByText('the id that your customer gave you')).toHaveLength(3)
  expect(within(shown).getAllByRole('region', { name: 'corrected /userId' })[0]?.textContent).toBe('"user_1"')
  expect(within(shown).getByRole('link', { name: /^Why/ }).getAttribute('href')).toBe(
    '/docs/spec#partner_user_id_missing',
  )
})

test('a kept rule shows messages that keep it', () => {
  draw(<Rules rules={[rule({ samples: [sample('30', 'Email Opened')] })]} to={to} />)
  expect(screen.getByText('1 rule is kept')).toBeTruthy()
  expect(screen.getByRole('img', { name: 'Kept', hidden: true })).toBeTruthy()
  expect(screen.getByRole('link', { name: 'Open', hidden: true }).getAttribute('href')).toBe('#30')
})

test('a step is ticked by the message that arrived, and the next one is pointed at', () => {
  const step = (name: string, doneBy?: Sample) => ({
    title: name,
    how: 'Do it.',
    kind: 'track',
    name,
    doneBy,
  })
  draw(
    <Walkthrough
      live
      to={to}
      steps={[
        step('Email Delivered', sample('7', 'Email Delivered')),
        step('Email Opened'),
        step('Unsubscribed'),
      ]}
    />,
  )
  const items = screen.getAllByRole('listitem')
  expect(items.map(({ dataset }) => dataset.done)).toEqual(['yes', 'now', 'no'])
  expect(within(items[0]!).getByRole('link').getAttribute('href')).toBe('#7')
  expect(screen.getByRole('status').textContent).toMatch(/^1 of 3 steps done/)
})

test('an event says which of its declared properties came', () => {
  const event: Event = {
    kind: 'track',
    name: 'Email Opened',
    declared: true,
    semantic: true,
    seen: 4,
    withErrors: 1,
    properties: [
      { name: 'email_id', required: true, seen: 4, ofWrongType: 0 },
      { name: 'campaign_name', required: true, seen: 3, ofWrongType: 0 },
      { name: 'campaign_id', required: false, seen: 0, ofWrongType: 0 },
      { name: 'email_subject', required: false, seen: 2, ofWrongType: 2 },
    ],
    samples: [],
  }
  draw(<Events events={[event]} to={to} none={null} />)
  const row = (name: RegExp) => screen.getByRole('row', { name, hidden: true }).textContent
  expect(screen.getByRole('group').textContent).toContain(
    '4 messages, 1 with errors, 3 of 4 declared properties',
  )
  expect(row(/email_id/)).toContain('as declared')
  expect(row(/campaign_name/)).toContain('missing')
  expect(row(/campaign_id/)).toContain('not seen')
  expect(row(/email_subject/)).toContain('2 of another type')
})

test('the score says how it came out in words', () => {
  const report: Report = {
    ruleSet: '2026.11.1',
    outcome: 'failed',
    score: 62,
    seen: { messages: 12, accepted: 12, withErrors: 3, withWarnings: 0 },
    rules: [rule({ broken: 3 })],
    events: [],
    walkthrough: [],
  }
  draw(<Score report={report} />)
  expect(screen.getByRole('img', { name: 'Score 62 of 100' })).toBeTruthy()
  expect(screen.getByRole('status').textContent).toBe('1 rule is broken.')
})
