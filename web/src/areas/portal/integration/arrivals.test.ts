import { describe, expect, it } from 'vitest'
import type { DeclaredEvent } from '../data'
import { type Arrival, propertiesOf, proposals, typeOf, withProposal } from './arrivals'

const opened: DeclaredEvent = {
  kind: 'track',
  name: 'Email Opened',
  description: 'Somebody opened a mail',
  properties: [{ name: 'email_id', type: 'string', required: true, description: null }],
}
const arrival = (name: string, properties: Record<string, unknown>, kind = 'track'): Arrival => ({
  kind,
  name,
  count: 1,
  lastAt: '2026-11-25T12:00:00Z',
  install: {} as Arrival['install'],
  position: '1',
  samples: [{ type: kind, event: name, properties }],
})

describe('learning from what arrived', () => {
  it('tells the kinds of value apart', () => {
    expect(['x', 1, 1.5, true, [], {}, null, '2026-11-25T12:00:00Z'].map(typeOf)).toEqual([
      'string',
      'integer',
      'number',
      'boolean',
      'array',
      'object',
      'any',
      'dateTime',
    ])
  })

  it('finds a type that fits all samples, and what all of them have', () => {
    const samples = [{ properties: { price: 1, plan: 'pro' } }, { properties: { price: 2.5 } }]
    expect(propertiesOf('track', samples)).toEqual([
      { name: 'price', type: 'number', required: true, description: null },
      { name: 'plan', type: 'string', required: false, description: null },
    ])
    expect(propertiesOf('identify', [{ traits: { email: 'a@b.example' } }])[0]?.name).toBe('email')
  })

  it('proposes undeclared events and properties, and nothing else', () => {
    const found = proposals(
      [opened],
      [
        arrival('Email Opened', { email_id: 'm-1' }),
        arrival('Email Opened', { email_id: 'm-1', campaign_name: 'November' }),
        arrival('Email Bounced', { email_id: 'm-1' }),
      ],
    )
    expect(found.map(({ arrival, known }) => [arrival.name, !!known])).toEqual([
      ['Email Opened', true],
      ['Email Bounced', false],
    ])
    expect(
      withProposal([opened], found[0]!)[0]!.properties.map(({ name, required }) => [name, required]),
    ).toEqual([
      ['email_id', true],
      ['campaign_name', false],
    ])
    expect(withProposal([opened], found[1]!)[1]).toMatchObject({ name: 'Email Bounced', kind: 'track' })
  })
})
