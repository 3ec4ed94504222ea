import { describe, expect, it } from 'vitest'
import { type Alert, draftOf, lasting, saidBy, timeOf, usual, watches } from './words'

const alert = (changed: Partial<Alert>): Alert => ({
  id: 'alr_1',
  name: 'Deliveries fail',
  kind: 'DELIVERY_RATE',
  threshold: 95,
  minutes: 60,
  emails: ['ops@example.com'],
  enabled: true,
  createdAt: '2026-11-25T12:00:00.000Z',
  ...changed,
})

describe('alerts in words', () => {
  it('count time in the largest unit that is whole', () => {
    expect(timeOf(1440)).toEqual({ amount: 1, unit: 'day' })
    expect(timeOf(1500)).toEqual({ amount: 25, unit: 'hour' })
    expect([5, 60, 90, 2880].map(lasting)).toEqual(['5 minutes', '1 hour', '90 minutes', '2 days'])
  })

  it('say what is watched, of one or of all', () => {
    expect(watches(alert({}), 'Data team')).toBe(
      'of the attempts at Data team in 1 hour fewer than 95 % succeed',
    )
    expect(watches(alert({ kind: 'NO_DATA', minutes: 1440 }), undefined)).toBe(
      'any source has no message for 1 day',
    )
  })
})

describe('an alert as it is typed', () => {
  it('comes back as it was, and leaves the webhook that is set alone', () => {
    const { said, faults } = saidBy(draftOf(alert({ webhookUrl: 'https://hooks.example.com/…T0aB' }), ''))
    expect(faults).toEqual([])
    expect(JSON.parse(JSON.stringify(said))).toEqual({
      threshold: 95,
      minutes: 60,
      emails: ['ops@example.com'],
    })
  })

  it('takes addresses however they are parted, and an emptied webhook away', () => {
    const draft = { ...draftOf(alert({}), ''), emails: 'a@b.example, c@d.example\n\n e@f.example ' }
    expect(saidBy(draft).said).toMatchObject({
      emails: ['a@b.example', 'c@d.example', 'e@f.example'],
      webhookUrl: '',
    })
  })

  it('says at the field what is no number', () => {
    const draft = { ...draftOf(undefined, 'me@example.com'), ...usual('DELIVERY_RATE'), percent: 'most' }
    expect(saidBy(draft).faults).toMatchObject([{ pointer: '/threshold' }])
    expect(saidBy({ ...draft, percent: '90', amount: '' }).faults).toMatchObject([{ pointer: '/minutes' }])
  })

  it('sends no share and no time where they mean nothing', () => {
    const { said } = saidBy(draftOf(undefined, 'me@example.com'))
    expect(JSON.parse(JSON.stringify(said))).toEqual({ emails: ['me@example.com'], webhookUrl: '' })
  })
})
