// Starts a Headwater of its own for browser tests and for development, and plays people through its API.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../..')

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  return port
}

/**
 * Starts the binary (`HEADWATER_BIN`, else the debug build) on a scratch folder.
 * @param {{ port?: number, publicUrl?: string, dir?: string, betaDays?: number, postgres?: string }} [options]
 *   `publicUrl` is where browsers open the app, when that is not the server itself; `postgres` a server on which it
 *   gets a database of its own.
 */
export async function startHeadwater(options = {}) {
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'headwater-browser-'))
  const config = join(dir, 'headwater.toml')
  const { postgres } = options
  const name = basename(dir)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '_')
  if (postgres && !options.dir)
    execFileSync('psql', [`${postgres}/postgres`, '-qc', `CREATE DATABASE ${name}`])
  writeFileSync(
    config,
    `[server]
listen = "127.0.0.1:${port}"
data_dir = ${JSON.stringify(join(dir, 'data'))}
[log]
segment_bytes = "16 MiB"
[delivery]
allow_private_addresses = true
# The shortest: a receiver that asks for more time than this gets no second attempt.
horizon = "4h"
[control]
public_url = ${JSON.stringify(options.publicUrl ?? url)}
requests_per_minute = 1000000
${options.betaDays === undefined ? '' : `beta_days = ${options.betaDays}`}
${postgres ? `database = ${JSON.stringify(`${postgres}/${name}`)}` : ''}
`,
  )
  const binary = process.env.HEADWATER_BIN ?? join(root, 'target/debug/headwater')
  const child = spawn(binary, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  let operatorToken = ''
  const ready = new Promise((done, fail) => {
    child.once('exit', (code) => fail(new Error(`headwater ended with ${code}`)))
    createInterface(child.stdout).on('line', (line) => {
      operatorToken ||= /operator\?token=(\S+)/.exec(line)?.[1] ?? ''
    })
    createInterface(child.stderr).on('line', (line) => {
      if (line.includes('"message":"ready"')) done(undefined)
      if (!line.includes('"level":"INFO"')) console.error(line)
    })
  })
  await ready
  // The link stands right below "ready", where there is no operator yet.
  for (let tries = 0; tries < 50 && !operatorToken && !options.dir; tries += 1) await pause(20)
  return {
    url,
    dir,
    operatorToken,
    /** Ends it; `keep` leaves the folder for another start. */
    async stop({ keep = false } = {}) {
      child.removeAllListeners('exit')
      child.kill('SIGTERM')
      await once(child, 'exit')
      if (!keep) rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Waits. */
export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))

export const PASSWORD = 'glacier violin thirteen postcard'

/** Somebody who uses the API with a browser's session. */
export class Person {
  cookie = ''
  /** @param {string} url @param {string} email @param {string} [origin] */
  constructor(url, email, origin = url) {
    this.url = url
    this.email = email
    this.origin = origin
  }

  /**
   * One call; its `data`, or an error that says what the API said.
   * @param {string} method @param {string} path @param {{ body?: unknown, ws?: string, etag?: string, raw?: string }} [options]
   */
  async call(method, path, { body, ws, etag, raw } = {}) {
    const response = await fetch(`${this.url}/api${path}`, {
      method,
      headers: {
        origin: this.origin,
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...(ws ? { 'headwater-workspace': ws } : {}),
        ...(etag ? { 'if-match': etag } : {}),
        ...(raw === undefined
          ? { 'content-type': 'application/json' }
          : { 'content-type': 'application/octet-stream' }),
      },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    })
    const set = response.headers.getSetCookie()[0]
    if (set) this.cookie = set.split(';')[0] ?? ''
    const answer = await response.json().catch(() => ({}))
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    this.etag = response.headers.get('etag') ?? ''
    return answer.data
  }

  get = (path, options) => this.call('GET', path, options)
  post = (path, body, options) => this.call('POST', path, { body, ...options })
  put = (path, body, options) => this.call('PUT', path, { body, ...options })
  patch = (path, body, options) => this.call('PATCH', path, { body, ...options })

  /** Signs up and in; with the first operator's token that is all, otherwise `operator` finds the mail. */
  async join(name, { operatorToken, operator } = {}) {
    await this.post('/accounts', { email: this.email, password: PASSWORD, name, operatorToken })
    await this.post('/sessions', { email: this.email, password: PASSWORD })
    if (operator) await this.post('/account/verification', { token: await operator.token(this.email) })
    return this
  }

  /** As an operator: the secret in the newest mail to an address. */
  async token(to) {
    const { mails } = await this.get(`/operator/mails?to=${encodeURIComponent(to)}&pagination.count=1`)
    const { mail } = await this.get(`/operator/mails/${mails[0].id}`)
    return decodeURIComponent(/token=([^\s"&<]+)/.exec(JSON.stringify(mail))?.[1] ?? '').replace(/\\n.*/, '')
  }
}

/**
 * Somebody whom the owner of a workspace has let in, with what these roles give in all of it.
 * @param {{ url: string, operator: Person, customer: Person }} world @param {string} ws @param {string[]} roles
 */
export async function memberOf({ url, operator, customer }, ws, name, email, roles) {
  const person = await new Person(url, email, customer.origin).join(name, { operator })
  const { workspace } = await customer.get('/', { ws })
  const permissions = roles.map((roleId) => ({
    roleId,
    resources: [{ id: workspace.id, type: 'WORKSPACE' }],
  }))
  await customer.post('/invites', { invites: [{ email, permissions }] }, { ws })
  await person.post('/invites/accept', { token: await operator.token(email) })
  return person
}

/** An SVG that the server takes, with a letter-like shape. */
export const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="6" fill="#0b4f5c"/><path d="M14 20h36v24H14z" fill="#dff3f6"/><path d="M14 20l18 14 18-14" fill="none" stroke="#0b4f5c" stroke-width="4"/></svg>'
export const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 64"><rect width="64" height="64" rx="6" fill="#0b4f5c"/><path d="M80 44l14-28 14 28zm40-28h8v28h-8zm20 0h24v6h-8v22h-8V22h-8z" fill="#0b4f5c"/></svg>'

/** Applies to the partner programme. @param {Person} person @param {Record<string, string>} answers */
export async function apply(person, answers) {
  const { partnerAgreement, privacyPolicy } = await person.get('/applications/form')
  const body = { ...answers, email: person.email, partnerAgreement, privacyPolicy }
  return (await person.post('/applications', body)).application
}

/**
 * What a partner and an operator do with a source: build its listing, install it and send to it, submit it, judge it.
 * @param {{ partner: Person, operator: Person }} people @param {string} workspace one of the partner's own
 */
export function programme({ partner, operator }, workspace) {
  const { url } = partner
  /** Everything a listing needs, apart from events that arrive. */
  const build = async (name, slug, info = {}) => {
    const { integration } = await partner.post('/integrations', { name, slug })
    const asset = async (use, svg) =>
      (await partner.call('POST', `/integrations/${integration.id}/assets/${use}`, { raw: svg })).asset.hash
    const event = (eventName, description, properties) => ({
      name: eventName,
      kind: 'track',
      description,
      properties: properties.map((property) => ({
        name: property,
        type: 'string',
        required: true,
        description: property.replaceAll('_', ' '),
      })),
    })
    await partner.get(`/integrations/${integration.id}`)
    await partner.call('PUT', `/integrations/${integration.id}/info`, {
      etag: partner.etag,
      body: {
        description: `**${name}** brings what people do with your campaigns back into your pipeline.\n\n- who opened a mail, and when\n- which link was clicked\n- who unsubscribed`,
        website: 'https://acme.example/mail',
        primaryCategory: 'Email Marketing',
        secondaryCategory: 'Marketing Automation',
        logo: await asset('logo', LOGO),
        mark: await asset('mark', MARK),
        supportEmail: 'support@acme.example',
        docs: {
          introduction: `[${name}](https://acme.example/?utm_source=headwater) sends campaigns by mail for shops and publishers.`,
          gettingStarted: `1. Open the catalog and add ${name}.\n2. Copy the write key.\n3. Paste it into ${name} under Settings, Integrations.`,
          stream: `${name} sends \`track\` calls with the \`userId\` that you gave it.`,
          events:
            '| Event | Description |\n|---|---|\n| Email Opened | Somebody opened a mail |\n| Email Link Clicked | Somebody clicked a link in it |',
          eventProperties:
            '| Property | Description |\n|---|---|\n| `email_id` | Which mail |\n| `campaign_name` | Which campaign |\n| `link_url` | Which link |',
          addingDestinations: 'Once events arrive, add destinations as for any other source.',
        },
        regions: ['us-west-2'],
        events: [
          event('Email Opened', 'Somebody opened a mail', ['email_id', 'campaign_name']),
          event('Email Link Clicked', 'Somebody clicked a link in a mail', ['email_id', 'link_url']),
        ],
        ...info,
      },
    })
    await partner.put(`/integrations/${integration.id}/test-account`, {
      username: 'reviewer',
      password: 'correct horse 12',
      notes: 'Campaign "Review" is ready to be sent.',
    })
    return integration
  }
  const install = async (id, slug) => {
    const made = await partner.post(`/integrations/${id}/workspaces`, { workspace })
    await send(url, made.writeKey, mails(slug, 12))
    return made
  }
  const submit = async (id) => {
    const ready = async () => (await partner.get(`/integrations/${id}/checklist`)).checklist.ready
    for (let tries = 0; tries < 100 && !(await ready()); tries += 1) await pause(50)
    await partner.get(`/integrations/${id}`)
    return (await partner.post(`/integrations/${id}/submissions`, undefined, { etag: partner.etag }))
      .submission
  }
  const pass = async (submission) => {
    await operator.post(`/reviews/${submission.id}/assign`)
    for (const part of ['functionality', 'metadata', 'documentation']) {
      await operator.put(`/reviews/${submission.id}/parts/${part}`, { verdict: 'passed' })
    }
  }
  const approve = async (submission) => {
    await pass(submission)
    await operator.post(`/reviews/${submission.id}/decision`, {
      action: 'approve',
      reason: 'All as it should be.',
      contentHash: submission.contentHash,
    })
  }
  return { build, install, submit, pass, approve }
}

/** Makes what people need to see something: an operator, a partner with sources, a customer's workspace with data. */
export async function seed(url, operatorToken, origin = url) {
  const operator = await new Person(url, 'olga@headwater.example', origin).join('Olga Berg', {
    operatorToken,
  })
  const partner = await new Person(url, 'mia@acme.example', origin).join('Mia Kern', { operator })
  const customer = await new Person(url, 'carl@shop.example', origin).join('Carl Wolf', { operator })

  // The partner applies and is let in.
  const application = await apply(partner, {
    companyName: 'Acme Labs',
    companyWebsite: 'https://acme.example',
    dataIn: 'By our SDK, and by upload',
    dataOut: 'Email Opened and Email Link Clicked, for campaigns',
    usedFor: 'Campaigns by mail',
    heardFrom: 'A customer told us',
  })
  const criteria = ['legitimateCompany', 'fitsPlatform', 'hasService', 'notCustomerOrResearcher']
  await operator.post(`/operator/applications/${application.id}/steps`, {
    step: 'approve',
    note: 'Welcome.',
    criteria: criteria.map((criterion) => ({ criterion, met: true, note: 'Checked.' })),
  })
  await partner.post('/partner/accept', { token: await operator.token(partner.email) })
  await partner.post('/workspaces', { name: 'Acme Test', slug: 'acme-test' })

  const { build, install, submit, approve } = programme({ partner, operator }, 'acme-test')
  const push = await build('Acme Push', 'acme-push')
  await install(push.id, 'acme-push')
  await approve(await submit(push.id))
  const surveys = await build('Acme Surveys', 'acme-surveys')
  await install(surveys.id, 'acme-surveys')
  await submit(surveys.id)
  const mail = await build('Acme Mail', 'acme-mail')
  const { writeKey } = await install(mail.id, 'acme-mail')
  // Not ready yet: it calls an event otherwise than the Spec.
  await send(url, writeKey, [mailed('acme-mail', 'Email Delivered'), mailed('acme-mail', 'Unsubscribe')])
  await partner.post('/integrations', { name: 'Acme Chat', slug: 'acme-chat' })

  // A customer with sources, data and a destination; somebody else applies and waits.
  await customer.post('/workspaces', { name: 'Wolf Shop', slug: 'shop' })
  const ws = 'shop'
  const { source: web } = await customer.post(
    '/sources',
    { metadataId: 'javascript', slug: 'web', name: 'Web shop' },
    { ws },
  )
  await customer.post('/sources', { metadataId: 'http-api', slug: 'crm', name: 'CRM export' }, { ws })
  const { source: bought } = await customer.post(
    '/sources',
    { metadataId: 'acme-push', slug: 'acme-push', name: 'Acme Push' },
    { ws },
  )
  const { destination } = await customer.post(
    '/destinations',
    {
      sourceId: web.id,
      metadataId: 'webhook',
      name: 'Data team',
      enabled: true,
      settings: { url: `${url}/v1/m` },
    },
    { ws },
  )
  // It has to be known to the data plane before what it should receive comes.
  const routed = () =>
    customer.get(`/destinations/${destination.id}/delivery`, { ws }).then(
      () => true,
      () => false,
    )
  for (let tries = 0; tries < 100 && !(await routed()); tries += 1) await pause(50)
  await send(url, web.writeKeys[0], shop(60))
  await send(url, bought.writeKeys[0], mails('acme-push', 20))
  const { roles } = await customer.get('/roles', { ws })
  await customer.post(
    '/invites',
    { invites: [{ email: 'dana@shop.example', permissions: [{ roleId: roles[0].id, resources: [] }] }] },
    { ws },
  )
  const other = await new Person(url, 'paul@pixelpost.example', origin).join('Paul Post', { operator })
  await apply(other, {
    companyName: 'Pixelpost BV',
    companyWebsite: 'https://pixelpost.example',
    dataIn: 'Customers upload lists.',
    dataOut: 'Postcard Sent when a card is posted.',
    usedFor: 'Printed postcards after a purchase',
    heardFrom: 'At a conference',
  })
  return { operator, partner, customer, other, web, bought, mail }
}

/** Sends a batch by the tracking API, as soon as it knows the write key: a new one is there within a second. */
export async function send(url, writeKey, batch) {
  const known = async () => (await fetch(`${url}/v1/projects/${writeKey}/settings`)).ok
  for (let tries = 0; tries < 100 && !(await known()); tries += 1) await pause(50)
  const response = await fetch(`${url}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey, sentAt: new Date().toISOString(), batch }),
  })
  if (!response.ok) throw new Error(`POST /v1/batch: ${response.status}`)
}

/** What a source says of a mail. */
const mailed = (slug, event, at = 0, properties = {}) => ({
  type: 'track',
  event,
  userId: `user_${at % 5}`,
  properties: { email_id: `m-${100 + at}`, campaign_name: 'November', ...properties },
  context: {
    integration: { name: slug, version: '1.0.0' },
    traits: { email: `user${at % 5}@example.com` },
    ip: `203.0.113.${1 + (at % 5)}`,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  },
})

const mails = (slug, many) =>
  Array.from({ length: many }, (_, at) =>
    at % 3 === 2
      ? mailed(slug, 'Email Link Clicked', at, { link_url: 'https://shop.example/sale' })
      : mailed(slug, 'Email Opened', at),
  )

const shop = (many) =>
  Array.from({ length: many }, (_, at) => {
    const userId = `user_${at % 7}`
    if (at % 11 === 0)
      return {
        type: 'identify',
        userId,
        traits: { email: `${userId}@example.com`, plan: at % 2 ? 'pro' : 'free' },
      }
    if (at % 4 === 1)
      return {
        type: 'page',
        anonymousId: `anon_${at % 9}`,
        name: ['Home', 'Pricing', 'Sale'][at % 3],
        properties: { path: '/sale' },
      }
    if (at % 9 === 0)
      return { type: 'group', userId, groupId: `company_${at % 3}`, traits: { name: 'Wolf & Sons' } }
    if (at === 14) return { type: 'track', userId, event: 42 }
    return {
      type: 'track',
      userId,
      event: ['Product Viewed', 'Product Added', 'Order Completed'][at % 3],
      properties: {
        order_id: `o-${at}`,
        total: 12.5 + at,
        currency: 'EUR',
        products: [{ sku: 'A-1', price: 4.25, quantity: 2 }],
      },
    }
  })
