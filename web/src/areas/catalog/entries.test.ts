import { describe, expect, it } from 'vitest'
import { categoriesOf, type Entry, filtered, firstLine, freeName, plain, slugOf } from './entries'

const entry = (name: string, categories: string[], more: Partial<Entry> = {}): Entry => ({
  id: `int_${name}`,
  name,
  slug: slugOf(name),
  description: '',
  logos: { default: '/logo.svg' },
  options: [],
  categories,
  status: 'PUBLIC',
  partnerOwned: false,
  noteworthy: false,
  ...more,
})

const entries = [
  entry('Acme Mail', ['Email Marketing', 'CRM'], { status: 'PUBLIC_BETA', description: '**Sends** mail' }),
  entry('HTTP API', ['Server'], { description: 'One request for each call' }),
  entry('Pixelpost', ['CRM'], { noteworthy: true }),
]
const names = (filter: Parameters<typeof filtered>[1]) => filtered(entries, filter).map(({ name }) => name)

describe('filtered', () => {
  it('wants every word somewhere', () => {
    expect(names({ q: 'mail SENDS' })).toEqual(['Acme Mail'])
    expect(names({ q: 'mail request' })).toEqual([])
    expect(names({ q: 'crm' })).toEqual(['Acme Mail', 'Pixelpost'])
  })
  it('narrows by category, stage and group at once', () => {
    expect(names({ category: 'crm' })).toEqual(['Acme Mail', 'Pixelpost'])
    expect(names({ category: 'crm', stage: 'beta' })).toEqual(['Acme Mail'])
    expect(names({ group: 'new' })).toEqual(['Pixelpost'])
  })
})

describe('categoriesOf', () => {
  it('puts server before those by name, and counts', () => {
    expect(categoriesOf(entries)).toEqual([
      { name: 'Server', slug: 'server', count: 1 },
      { name: 'CRM', slug: 'crm', count: 2 },
      { name: 'Email Marketing', slug: 'email-marketing', count: 1 },
    ])
  })
})

describe('words', () => {
  it('loses marks, keeps text', () => {
    expect(plain('**Acme** brings [it](https://a.example) back.\n\n- who `opened`\n- ![x](y.png)')).toBe(
      'Acme brings it back.\n\nwho opened',
    )
    expect(plain('a snake_case_name and 2 * 3')).toBe('a snake_case_name and 2 * 3')
    expect(firstLine('\n\n# Title\nmore')).toBe('Title')
  })
})

describe('names', () => {
  it('are slugs as the server makes them', () => {
    expect(slugOf('SMS & Push Notifications')).toBe('sms-push-notifications')
    expect(slugOf('  Café, 2nd  ')).toBe('cafe-2nd')
  })
  it('count up where they are taken', () => {
    expect(freeName('Acme Mail', [])).toEqual({ name: 'Acme Mail', slug: 'acme-mail' })
    const taken = [
      { name: 'Acme Mail', slug: 'acme-mail' },
      { name: 'Other', slug: 'acme-mail-2' },
    ]
    expect(freeName('Acme Mail', taken)).toEqual({ name: 'Acme Mail 3', slug: 'acme-mail-3' })
  })
})
