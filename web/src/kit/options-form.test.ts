import { describe, expect, it } from 'vitest'
import { draftOf, grouped, matters, type Option, readingOf, settingsOf } from './options-form'

const option = (name: string, type: Option['type'], more: Partial<Option> = {}): Option => ({
  name,
  type,
  required: false,
  sensitive: false,
  ...more,
})

const options = [
  option('url', 'string', { required: true, label: 'URL' }),
  option('method', 'select', { choices: ['POST', 'PUT'], defaultValue: 'POST' }),
  option('batch', 'number', { defaultValue: 1 }),
  option('secret', 'string', { sensitive: true }),
  option('headers', 'map', { sensitive: true }),
  option('tags', 'array'),
  option('extra', 'object'),
  option('gzip', 'boolean'),
]

describe('settings of something new', () => {
  it('begin with their defaults and leave out what is empty', () => {
    const draft = draftOf(options)
    expect(draft.method).toBe('POST')
    expect(draft.batch).toBe('1')
    const { settings, faults } = settingsOf(options, { ...draft, url: 'https://a.example' })
    expect(faults).toEqual([])
    expect(settings).toEqual({ url: 'https://a.example', method: 'POST', batch: 1, gzip: false })
  })

  it('are refused where something is missing or of the wrong kind', () => {
    const { faults } = settingsOf(options, { ...draftOf(options), batch: 'many', extra: '[1]' })
    expect(faults.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['required', '/settings/url'],
      ['invalid', '/settings/batch'],
      ['invalid', '/settings/extra'],
    ])
  })
})

describe('settings that are there', () => {
  const before = {
    url: 'https://a.example',
    method: 'PUT',
    batch: 10,
    secret: '••••••••••abcd',
    headers: { Authorization: '••••••••••wxyz' },
    tags: ['a', 'b'],
    gzip: true,
  }

  it('show the default of what was never set', () => {
    const opens = option('opens', 'boolean', { defaultValue: true })
    expect(draftOf([opens], {}).opens).toBe(true)
    expect(draftOf([opens], { opens: false }).opens).toBe(false)
  })

  it('keep a secret until it is replaced', () => {
    const draft = draftOf(options, before)
    expect(draft.secret).toBeNull()
    expect(settingsOf(options, draft, before).settings).not.toHaveProperty('secret')
    expect(settingsOf(options, { ...draft, secret: 'new' }, before).settings.secret).toBe('new')
    expect(settingsOf(options, { ...draft, secret: '' }, before).settings.secret).toBeNull()
  })

  it('take out what was emptied, and send masks of a map back as they came', () => {
    const draft = { ...draftOf(options, before), tags: ['', ' '] }
    const { settings } = settingsOf(options, draft, before)
    expect(settings.tags).toBeNull()
    expect(settings.headers).toEqual(before.headers)
    expect(settings).not.toHaveProperty('extra')
  })
})

describe('a long form', () => {
  const text = ['bucket', 'prefix', 'region', 'key'].map((name) => option(name, 'string'))
  const tuned = [
    option('linger_seconds', 'number', { defaultValue: 300 }),
    option('path_style', 'boolean', { defaultValue: true }),
    option('bytes_max', 'number', { defaultValue: 64_000_000 }),
  ]
  it('sets apart what is fine as it is', () => {
    const limit = option('limit', 'number', { required: true, defaultValue: 1 })
    const { first, more } = grouped([...text, ...tuned, limit])
    expect(first).toEqual([...text, limit])
    expect(more).toEqual(tuned)
  })
  it('is one list while it is short', () => {
    expect(grouped(tuned)).toEqual({ first: tuned, more: [] })
  })
})

it('a number is read with its unit, where its name tells it', () => {
  expect(readingOf('linger_seconds', '300')).toBe('5 min')
  expect(readingOf('bytes_max', '67108864')).toBe('67 MB')
  expect(readingOf('rotateBytes', '1500')).toBe('1.5 kB')
  expect(readingOf('timeout_ms', '30000')).toBe('30.0 s')
  expect(readingOf('messages_max', '50000')).toBeUndefined()
  expect(readingOf('linger_seconds', '')).toBeUndefined()
  expect(readingOf('linger_seconds', '5')).toBeUndefined()
})

describe('settings that mean something only sometimes', () => {
  const provider = option('provider', 'select', { choices: ['s3', 'gcs'], defaultValue: 's3' })
  const region = option('region', 'string', {
    defaultValue: 'us-east-1',
    onlyWith: { name: 'provider', values: ['s3'] },
  })
  const account = option('account', 'string', {
    required: true,
    onlyWith: { name: 'provider', values: ['gcs'] },
  })

  it('are neither asked for nor sent otherwise', () => {
    const draft = draftOf([provider, region, account])
    expect([region, account].map((each) => matters(each, draft))).toEqual([true, false])
    expect(settingsOf([provider, region, account], draft)).toEqual({
      settings: { provider: 's3', region: 'us-east-1' },
      faults: [],
    })
    const other = { ...draft, provider: 'gcs' }
    expect(settingsOf([provider, region, account], other).faults).toMatchObject([
      { code: 'required', pointer: '/settings/account' },
    ])
  })

  it('stay as they are when another choice is made', () => {
    const before = { provider: 's3', region: 'eu-central-1' }
    const draft = { ...draftOf([provider, region], before), provider: 'gcs' }
    expect(settingsOf([provider, region], draft, before).settings).toEqual({ provider: 'gcs' })
  })
})
