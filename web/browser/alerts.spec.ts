// Who is told when deliveries fail: an alert is made with a slip in it, tested, and provoked by a receiver that is gone;
// the mail leads to the destination, which stands among what needs attention.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { barriers, browserOf, complaints, expect, test } from './fixtures'
import { memberOf, pause, send } from './headwater.mjs'

const ws = 'shop'

let receiver: Server
/** What the webhook was told. */
const told: { title: string; says: string; text: string; url: string }[] = []
test.beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      if (request.url?.startsWith('/hook')) {
        told.push(JSON.parse(body))
        response.writeHead(200).end('ok')
      } else if (request.url === '/closed') response.writeHead(403).end('no such channel')
      else response.writeHead(410).end('gone for good')
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})
test.afterAll(async () => {
  receiver.close()
  await once(receiver, 'close')
})

test('an alert is made, tested, told, and deleted', async ({ browser, headwater }) => {
  // What is provoked is told when everything is looked at next: once a minute.
  test.setTimeout(240_000)
  const { customer, operator, url } = headwater
  const base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const { source } = await customer.post(
    '/sources',
    { metadataId: 'http-api', slug: 'desk', name: 'Cash desk' },
    { ws },
  )
  const { destination } = await customer.post(
    '/destinations',
    {
      sourceId: source.id,
      metadataId: 'webhook',
      name: 'Accountant',
      enabled: true,
      settings: { url: `${base}/books` },
    },
    { ws },
  )
  const fares = () =>
    customer.get(`/destinations/${destination.id}/delivery`, { ws }).then(
      (answer) => answer.destination,
      () => undefined,
    )
  const mails = async () => {
    const to = encodeURIComponent('till@shop.example')
    return (await operator.get(`/operator/mails?to=${to}`)).mails as { id: string; subject: string }[]
  }
  for (let tries = 0; tries < 200 && (await fares())?.state !== 'active'; tries += 1) await pause(50)

  const context = await browserOf(browser, customer, url)
  const page = await context.newPage()
  const found = complaints(page)
  const looked = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        const file = `alerts-${name}.${colorScheme}.${width}.png`
        await page.screenshot({ path: join(import.meta.dirname, 'screenshots', file), fullPage: true })
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(sideways, `${name}, ${width} px wide`).toBeLessThanOrEqual(0)
      }
      expect(await barriers(page), colorScheme).toEqual([])
    }
  }

  await test.step('a slip is said at its field, and in a summary that has the focus', async () => {
    await page.goto(`/w/${ws}/alerts`)
    await page.getByRole('main').getByRole('link', { name: 'New alert' }).first().click()
    await page.getByRole('radio', { name: 'Deliveries fail' }).check()
    await expect(page.getByLabel('Percent that must succeed')).toHaveValue('95')
    await page.getByLabel('Of the attempts in the last').fill('3')
    await page.getByLabel('Counted in').selectOption('minute')
    await page.getByLabel('Mail to').fill('till')
    await page.getByRole('button', { name: 'Create alert' }).click()
    await expect(page.getByRole('alert').filter({ hasText: 'things to fix' })).toBeFocused()
    await expect(page.getByLabel('Of the attempts in the last')).toHaveAttribute('aria-invalid', 'true')
    await expect(page.getByLabel('Mail to')).toHaveAttribute('aria-invalid', 'true')
    await looked('slip')
  })

  await test.step('it is made', async () => {
    await page.getByRole('radio', { name: 'A destination stops' }).check()
    await page.getByLabel('Of which destination').selectOption('Accountant')
    await expect(page.getByLabel('Name')).toHaveValue('A destination stops')
    await page.getByLabel('Name').fill('Books stop')
    await page.getByLabel('Mail to').fill('till@shop.example')
    await page.getByLabel('Webhook').fill(`${base}/closed`)
    await page.getByRole('button', { name: 'Create alert' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Books stop' })).toBeVisible()
    await expect(page.getByText('Tells when Accountant is paused, about to be')).toBeVisible()
    // The address of a webhook lets one in: it is not shown whole again.
    await expect(page.getByText(`${base}/closed`)).toHaveCount(0)
  })

  await test.step('a test says that the webhook refuses; with another address both are told', async () => {
    await page.getByRole('button', { name: 'Send a test' }).click()
    await expect(page.getByText('✓ 1 mail is on the way.')).toBeVisible()
    await expect(page.getByText('no such channel')).toBeVisible()
    await looked('test')
    await page.getByRole('button', { name: 'Replace or remove' }).click()
    await page.getByLabel('Webhook').fill(`${base}/hook/Z4yQ`)
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Z4yQ').first()).toBeVisible()
    await page.getByRole('button', { name: 'Send a test' }).click()
    await expect(page.getByText('✓ The webhook took it.')).toBeVisible()
    expect(told.map(({ title }) => title)).toEqual(['Test of the alert Books stop'])
    expect((await mails()).map(({ subject }) => subject)).toEqual([
      'Wolf Shop: Test of the alert Books stop',
      'Wolf Shop: Test of the alert Books stop',
    ])
  })

  await test.step('a receiver that is gone is told once, to everybody', async () => {
    await send(url, source.writeKeys[0], [{ type: 'track', event: 'Sold', userId: 'user_1' }])
    await expect.poll(async () => (await fares())?.state).toBe('paused')
    await page.goto(`/w/${ws}/alerts`)
    const notices = page.getByRole('table', { name: 'What was told' })
    const ours = notices.getByRole('row').filter({ hasText: 'Accountant: Books stop' })
    await expect(ours).toBeVisible({ timeout: 90_000 })
    await expect(ours).toContainText('nobody listens there any more')
    await expect(ours).toContainText('till@shop.example')
    await expect(ours).toContainText('✓ told')
    const owners = notices.getByRole('row').filter({ hasText: 'Accountant: paused' })
    await expect(owners).toContainText('the owners')
    expect(told.slice(1).map(({ title }) => title)).toEqual(['Accountant: Books stop'])
    await looked('list')
  })

  await test.step('the mail leads to the destination', async () => {
    const [mail] = await mails()
    expect(mail?.subject).toBe('Wolf Shop: Accountant: Books stop')
    const { mail: whole } = await operator.get(`/operator/mails/${mail?.id}`)
    const link = /https?:[^\s"<\\]+\/destinations\/dst_\w+/.exec(JSON.stringify(whole))?.[0] ?? ''
    expect(link).toBe(told.at(-1)?.url)
    await page.goto(link)
    await page.waitForURL(`**/w/${ws}/destinations/${destination.id}/overview`)
    await page.goto('/destinations/dst_nowhere')
    await expect(page.getByRole('heading', { name: 'There is no such destination for you' })).toBeVisible()
  })

  await test.step('it stands among what needs attention, for readers as well', async () => {
    await page.goto(`/w/${ws}/delivery`)
    const row = page
      .getByRole('table', { name: 'Needs attention' })
      .getByRole('row')
      .filter({ hasText: 'Accountant' })
    await expect(row).toContainText('Paused')
    await expect(row).toContainText('1 message waiting, not lost')
    await looked('health')
    await row.getByRole('link', { name: 'Mend and resume' }).click()
    await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()

    const roles = ['source_read_only', 'destination_read_only']
    const rita = await memberOf(headwater, ws, 'Rita Lenz', 'rita@shop.example', roles)
    const theirs = await browserOf(browser, rita, url)
    const reader = await theirs.newPage()
    await reader.goto(`/w/${ws}/delivery`)
    await expect(
      reader.getByRole('table', { name: 'Needs attention' }).getByRole('row', { name: /Accountant/ }),
    ).toBeVisible()
    await reader.goto(`/w/${ws}/alerts`)
    await expect(reader.getByText('Only an owner of the workspace sees and makes its alerts.')).toBeVisible()
    await expect(reader.getByRole('button', { name: 'New alert' })).toBeDisabled()
    await theirs.close()
  })

  await test.step('it is switched off, and deleted; what it told stays', async () => {
    await page.goto(`/w/${ws}/alerts`)
    await page.getByRole('switch', { name: 'Alert Books stop' }).click()
    await expect(page.getByRole('switch', { name: 'Alert Books stop' })).toHaveText('Off')
    await page.getByRole('link', { name: 'Books stop', exact: true }).click()
    await page.getByRole('button', { name: 'Delete alert' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'No alerts yet' })).toBeVisible()
    await expect(page.getByRole('row').filter({ hasText: 'Accountant: Books stop' })).toContainText(
      'by an alert that is deleted',
    )
  })
  expect(found).toEqual([])
  await context.close()
})
