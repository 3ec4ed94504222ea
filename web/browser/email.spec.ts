// The page "Build a Source" at its test: the e-mail service of `examples/`, as a partner would run it, sends a campaign
// to an inbox; a person opens the mail, clicks and unsubscribes; Headwater has the four events, and takes the source.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { browserOf, complaints, expect, test } from './fixtures'
import { freePort } from './headwater.mjs'

const EVENTS = ['Email Delivered', 'Email Opened', 'Email Link Clicked', 'Unsubscribed']

/** An SMTP server that takes every mail and keeps it. */
async function inbox() {
  const mails: string[] = []
  const server = createServer((socket) => {
    let mail: string[] | undefined
    socket.write('220 inbox\r\n')
    const lines = createInterface(socket)
    lines.on('line', (line) => {
      if (mail && line === '.') {
        mails.push(mail.join('\r\n'))
        mail = undefined
        socket.write('250 kept\r\n')
      } else if (mail) mail.push(line.replace(/^\.\./, '.'))
      else if (/^DATA/i.test(line)) {
        mail = []
        socket.write('354 go on\r\n')
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
      else socket.write('250 inbox\r\n')
    })
    // The service keeps a connection and leaves it when it stops. A reader of lines passes the socket's error on.
    lines.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { mails, server, port: (server.address() as AddressInfo).port }
}

/** The HTML part of a mail. */
function markup(mail: string) {
  const boundary = /boundary="([^"]+)"/.exec(mail)?.[1] ?? ''
  const part = mail.split(`--${boundary}`).find((some) => /content-type: text\/html/i.test(some)) ?? ''
  const [head = '', ...rest] = part.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8')
  if (!/quoted-printable/i.test(head)) return body
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** Runs the e-mail service until `stop`. */
async function emailSource(writeKey: string, headwater: string, smtp: number) {
  const [listen, admin] = [await freePort(), await freePort()]
  const data = mkdtempSync(join(tmpdir(), 'email-source-'))
  const target = resolve(import.meta.dirname, '../../target/debug/email-source')
  const child = spawn(
    target,
    [
      'serve',
      '--integration',
      'acme-mail',
      '--data',
      data,
      '--smtp',
      `smtp://127.0.0.1:${smtp}`,
      '--listen',
      `127.0.0.1:${listen}`,
      '--admin',
      `127.0.0.1:${admin}`,
    ],
    {
      env: { ...process.env, WRITE_KEY: writeKey, HEADWATER_URL: headwater },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await once(createInterface(child.stdout), 'line')
  return {
    page: `http://127.0.0.1:${admin}/`,
    async stop() {
      child.kill('SIGINT')
      await once(child, 'exit')
      rmSync(data, { recursive: true, force: true })
    },
  }
}

test('an e-mail service is a source', async ({ browser, headwater }) => {
  const { partner, url } = headwater
  const base = '/integrations/acme-mail'
  const { integration } = await partner.get(base)
  const declared = (name: string) => ({
    name,
    kind: 'track',
    description: `${name}, as the Spec has it`,
    properties: ['email_id', 'campaign_name'].map((property) => ({
      name: property,
      type: 'string',
      required: true,
      description: property.replace('_', ' '),
    })),
  })
  const table = (head: string, names: string[]) =>
    `| ${head} | Description |\n|---|---|\n${names.map((name) => `| ${name} | As the Spec has it |`).join('\n')}`
  const docs = {
    ...integration.info.docs,
    events: table('Event', EVENTS),
    eventProperties: table('Property', ['`email_id`', '`campaign_name`']),
  }
  const info = { ...integration.info, docs, events: EVENTS.map(declared) }
  await partner.call('PUT', `${base}/info`, { etag: partner.etag, body: info })
  const { sources } = await partner.get('/sources', { ws: 'acme-test' })
  const source = sources.find((some: { slug: string }) => some.slug === 'acme-mail')

  const { mails, server, port } = await inbox()
  const service = await emailSource(source.writeKeys[0], url, port)
  const context = await browserOf(browser, partner, url)
  const page = await context.newPage()
  const found = complaints(page)
  const step = (event: string) => page.getByRole('listitem').filter({ hasText: event })

  await test.step('mistakes of before do not count any more', async () => {
    await page.goto('/dev-portal/integrations/acme-mail/test')
    await page.getByRole('button', { name: 'Start over…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start over' }).click()
    await expect(step('Unsubscribed').getByText('has not arrived')).toBeVisible()
  })

  await test.step('send a campaign to yourself', async () => {
    const sender = await context.newPage()
    await sender.goto(service.page)
    await sender.getByLabel('Name').fill('November')
    await sender.getByLabel('Subject').fill('What is new')
    await sender.getByLabel('Text').fill('Read on.')
    await sender.getByLabel('Link').fill(`${url}/catalog`)
    await sender.getByLabel('Recipients').fill('97980cfea0067=ada@example.com')
    await sender.getByRole('button', { name: 'Send' }).click()
    await expect.poll(() => mails.length).toBe(1)
    await expect(step('Email Delivered').getByText('arrived', { exact: true })).toBeVisible()
  })

  await test.step('open it, click the link, unsubscribe', async () => {
    const mail = await context.newPage()
    const picture = mail.waitForResponse(/\/open\//)
    await mail.setContent(markup(mails[0] ?? ''))
    expect((await picture).status()).toBe(200)
    await expect(step('Email Opened').getByText('arrived', { exact: true })).toBeVisible()
    await mail.getByRole('link', { name: 'Read more' }).click()
    await mail.waitForURL(`${url}/catalog`)
    await expect(step('Email Link Clicked').getByText('arrived', { exact: true })).toBeVisible()
    await mail.setContent(markup(mails[0] ?? ''))
    await mail.getByRole('link', { name: 'Unsubscribe' }).click()
    await mail.getByRole('button', { name: 'Unsubscribe' }).click()
    await expect(mail.getByRole('heading', { name: 'Unsubscribed' })).toBeVisible()
    await expect(step('Unsubscribed').getByText('arrived', { exact: true })).toBeVisible()
  })

  await test.step('every check is green', async () => {
    await expect(page.getByText('Everything holds.')).toBeVisible()
    const { checks } = await partner.get(`${base}/checks`)
    const broken = checks.report.rules.filter((rule: { broken: number }) => rule.broken > 0)
    expect(broken).toEqual([])
    expect(checks.report.score).toBe(100)
  })

  await test.step('the debugger has the four events', async () => {
    const debuggerPage = await context.newPage()
    await debuggerPage.goto('/w/acme-test/sources/acme-mail/debugger')
    for (const event of EVENTS)
      await expect(debuggerPage.getByRole('option').filter({ hasText: event }).first()).toBeVisible()
  })

  await test.step('it is submitted', async () => {
    const { checklist } = await partner.get(`${base}/checklist`)
    expect(checklist.items.filter((item: { done: boolean }) => !item.done)).toEqual([])
    await page.goto('/dev-portal/integrations/acme-mail/review')
    await page.getByRole('button', { name: 'Submit for review…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Submit', exact: true }).click()
    await expect(page.getByText('In review').first()).toBeVisible()
  })

  expect(found).toEqual([])
  await service.stop()
  server.close()
  await context.close()
})
